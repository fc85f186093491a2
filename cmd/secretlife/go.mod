module github.com/secretlife-go/secretlife/cmd/secretlife

go 1.25.0

require (
	github.com/alecthomas/kong v1.17.0
	github.com/secretlife-go/secretlife v0.0.0
	github.com/stretchr/testify v1.12.1
	go.uber.org/goleak v1.3.0
)

replace github.com/secretlife-go/secretlife => ../../

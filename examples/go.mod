module github.com/secretlife-go/secretlife/examples

go 1.25.0

require (
	github.com/aws/aws-sdk-go-v2 v1.47.8
	github.com/aws/aws-sdk-go-v2/service/secretsmanager v1.50.11
	github.com/secretlife-go/secretlife v0.0.0
	github.com/secretlife-go/secretlife/awsfake v0.0.0
	github.com/stretchr/testify v1.12.1
)

replace (
	github.com/secretlife-go/secretlife => ../
	github.com/secretlife-go/secretlife/awsfake => ../awsfake
)

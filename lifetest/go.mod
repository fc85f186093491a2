module github.com/secretlife-go/secretlife/lifetest

go 1.25.0

require (
	github.com/anishathalye/porcupine v1.3.1
	github.com/secretlife-go/secretlife v0.0.0
	github.com/stretchr/testify v1.12.1
	pgregory.net/rapid v1.3.0
)

require (
	github.com/benbjohnson/clock v1.3.5 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

replace github.com/secretlife-go/secretlife => ../

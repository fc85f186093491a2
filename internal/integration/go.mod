module github.com/secretlife-go/secretlife/internal/integration

go 1.25.0

require (
	github.com/aws/aws-sdk-go-v2 v1.47.8
	github.com/aws/aws-sdk-go-v2/service/secretsmanager v1.50.11
	github.com/aws/smithy-go v1.28.8
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/anishathalye/porcupine v1.3.1 // indirect
	github.com/benbjohnson/clock v1.3.5 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)

require (
	github.com/aws/aws-sdk-go-v2/internal/configsources v1.5.11 // indirect
	github.com/aws/aws-sdk-go-v2/internal/endpoints/v2 v2.8.11 // indirect
	github.com/secretlife-go/secretlife v0.0.0
	github.com/secretlife-go/secretlife/lifetest v0.0.0
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

replace github.com/secretlife-go/secretlife/lifetest => ../../lifetest

replace github.com/secretlife-go/secretlife => ../..

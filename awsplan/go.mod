module github.com/secretlife-go/secretlife/awsplan

go 1.25.0

require (
	github.com/aws/aws-sdk-go-v2 v1.48.0
	github.com/aws/aws-sdk-go-v2/service/secretsmanager v1.50.11
	github.com/aws/smithy-go v1.28.9
	github.com/benbjohnson/clock v1.3.5
	github.com/secretlife-go/secretlife v0.0.0
	github.com/secretlife-go/secretlife/awsfake v0.0.0-00010101000000-000000000000
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/aws/aws-sdk-go-v2/internal/configsources v1.5.11 // indirect
	github.com/aws/aws-sdk-go-v2/internal/endpoints/v2 v2.8.11 // indirect
	github.com/hashicorp/cronexpr v1.1.3 // indirect
	github.com/secretlife-go/secretlife/awscron v0.0.0 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

replace (
	github.com/secretlife-go/secretlife => ../
	github.com/secretlife-go/secretlife/awscron => ../awscron
	github.com/secretlife-go/secretlife/awsfake => ../awsfake
)

module github.com/secretlife-go/secretlife

go 1.25.0

require (
	github.com/benbjohnson/clock v1.3.5
	go.uber.org/multierr v1.11.0
)

require (
	github.com/stretchr/testify v1.12.1
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

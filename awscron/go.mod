module github.com/secretlife-go/secretlife/awscron

go 1.25.0

require (
	github.com/hashicorp/cronexpr v1.1.3
	github.com/secretlife-go/secretlife v0.0.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/benbjohnson/clock v1.3.5 // indirect
	go.uber.org/multierr v1.11.0 // indirect
)

require (
	github.com/stretchr/testify v1.12.1
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

replace github.com/secretlife-go/secretlife => ../

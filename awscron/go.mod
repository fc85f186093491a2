module github.com/secretlife-go/secretlife/awscron

go 1.25.0

require (
	github.com/hashicorp/cronexpr v1.1.3
	pgregory.net/rapid v1.3.0
)

require (
	github.com/stretchr/testify v1.12.1
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)

module github.com/secretlife-go/secretlife/internal/integration

go 1.25.0

require (
	github.com/aws/aws-sdk-go-v2 v1.47.8
	github.com/aws/aws-sdk-go-v2/service/secretsmanager v1.50.11
	github.com/stretchr/testify v1.12.1
)

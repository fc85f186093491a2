package integration

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"
)

// TestGoSDKLists is a list in pages as the Go SDK's paginator sees it.
func TestGoSDKLists(t *testing.T) {
	t.Parallel()
	s, ctx := start(t), t.Context()
	c := client(s.url, "111111111111", "eu-west-1")
	var ofB []string
	for i := range 24 {
		name := fmt.Sprintf("team-%c/%02d", 'a'+i%2, i/2)
		_, err := c.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: &name, SecretString: aws.String("x")})
		require.NoError(t, err)
		if i%2 == 1 {
			ofB = append(ofB, name)
		}
	}
	_, err := c.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: aws.String("team-a/00")})
	require.NoError(t, err)

	list := func(in secretsmanager.ListSecretsInput) (pages int, names []string) {
		p := secretsmanager.NewListSecretsPaginator(c, &in)
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			require.NoError(t, err)
			pages++
			for _, s := range page.SecretList {
				names = append(names, *s.Name)
			}
		}
		return pages, names
	}
	pages, names := list(secretsmanager.ListSecretsInput{
		MaxResults: aws.Int32(5), SortOrder: types.SortOrderTypeAsc,
		Filters: []types.Filter{{Key: types.FilterNameStringTypeName, Values: []string{"team-b/"}}},
	})
	require.Equal(t, 3, pages)
	require.Equal(t, ofB, names)
	_, names = list(secretsmanager.ListSecretsInput{})
	require.Len(t, names, 23)
	require.NotContains(t, names, "team-a/00")
	_, names = list(secretsmanager.ListSecretsInput{IncludePlannedDeletion: aws.Bool(true), MaxResults: aws.Int32(7)})
	slices.Sort(names)
	require.Len(t, slices.Compact(names), 24)

	_, err = c.ListSecrets(ctx, &secretsmanager.ListSecretsInput{NextToken: aws.String("none of ours")})
	var token *types.InvalidNextTokenException
	require.ErrorAs(t, err, &token)
}

// TestAWSCLILists is the same as the AWS CLI sees it, which goes through the
// pages by itself.
func TestAWSCLILists(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.server = start(t)
	sdk := client(c.url, "123456789012", "eu-central-1")
	for i := range 24 {
		_, err := sdk.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String(fmt.Sprintf("team-%c/%02d", 'a'+i%2, i/2)), SecretString: aws.String("x")})
		require.NoError(t, err)
	}
	require.Len(t, c.ok("list-secrets", "--page-size", "7")["SecretList"], 24)
	first := c.ok("list-secrets", "--filters", "Key=name,Values=team-b/", "--max-items", "5", "--page-size", "3", "--sort-order", "asc")
	require.Len(t, first["SecretList"], 5)
	rest := c.ok("list-secrets", "--filters", "Key=name,Values=team-b/", "--starting-token", fmt.Sprint(first["NextToken"]), "--page-size", "3", "--sort-order", "asc")
	require.Len(t, rest["SecretList"], 7)
	require.Nil(t, rest["NextToken"])
	c.refused("InvalidNextTokenException", "ListSecrets", "", "list-secrets", "--next-token", "none")
}

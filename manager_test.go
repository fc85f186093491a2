package secretlife_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"
	"go.uber.org/multierr"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

func TestNew(t *testing.T) {
	t.Run("options", func(t *testing.T) {
		_, err := secretlife.New(nil)
		require.ErrorContains(t, err, "needs a store")
		_, err = secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Account = "12" })
		require.Error(t, err)
		_, err = secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Region = "nowhere" })
		require.Error(t, err)

		m, err := secretlife.New(memstore.New())
		require.NoError(t, err)
		require.Equal(t, "123456789012", m.Account().String())
		require.Equal(t, "us-east-1", m.Region().String())
		require.WithinDuration(t, time.Now(), m.Clock().Now(), time.Minute)
		// With the defaults ids are random and the machine's clock is the time.
		a, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("x")})
		require.NoError(t, err)
		require.Regexp(t, `^arn:aws:secretsmanager:us-east-1:123456789012:secret:a-[A-Za-z0-9]{6}$`, a.ARN)
		require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, a.VersionID)
	})

	t.Run("clocks of benbjohnson", func(t *testing.T) {
		var _ secretlife.Clock = clock.New()
		mock := clock.NewMock() // begins in 1970
		m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Clock = mock })
		require.NoError(t, err)
		_, err = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("x")})
		require.NoError(t, err)
		out, err := m.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a", RecoveryWindowInDays: secretlife.Days(7)})
		require.NoError(t, err)
		require.Equal(t, time.Unix(0, 0).UTC().Add(7*aDay), out.DeletionDate)

		r, err := secretlife.NewPurger(m).Advance(ctx, 8*aDay)
		require.NoError(t, err)
		require.Len(t, r.Purged(), 1)
		require.Equal(t, time.Unix(0, 0).UTC().Add(8*aDay), mock.Now().UTC())
	})
}

func TestRestoreSecret(t *testing.T) {
	w := newWorld(t)
	w.create("db", func(in *secretlife.CreateSecretInput) {
		in.Description, in.KMSKeyID, in.Type = "what", "alias/mine", "kind"
		in.Tags = []secretlife.Tag{{Key: "a", Value: "1"}}
	})
	_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "db", ClientRequestToken: tokenB,
		Value: secretlife.SecretBinary([]byte{1, 2}), VersionStages: []secretlife.Stage{"AWSPENDING", "X"}})
	require.NoError(t, err)
	_, err = w.PutResourcePolicy(ctx, secretlife.PutResourcePolicyInput{SecretID: "db", ResourcePolicy: somePolicy})
	require.NoError(t, err)
	see := func() (all []any) {
		for _, id := range []string{tokenA, tokenB} {
			v, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "db", VersionID: id})
			require.NoError(t, err)
			all = append(all, v, v.Value.Reveal())
		}
		p, err := w.GetResourcePolicy(ctx, secretlife.SecretInput{SecretID: "db"})
		require.NoError(t, err)
		d, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "db"})
		require.NoError(t, err)
		d.LastChangedDate = time.Time{}
		l, err := w.ListSecretVersionIds(ctx, secretlife.ListSecretVersionIdsInput{SecretID: "db", IncludeDeprecated: true})
		require.NoError(t, err)
		return append(all, p, d, l)
	}
	see() // notes that the values were read today
	before := see()
	del := w.delete("db", 7)

	d, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: del.ARN})
	require.NoError(t, err)
	require.Equal(t, del.DeletionDate.Add(-7*aDay), d.DeletedDate)
	require.Len(t, d.VersionIDsToStages, 2, "labels are still shown")

	w.advance(7*aDay - time.Millisecond)
	_, err = w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "db"})
	require.NoError(t, err)
	w.clock.Set(start) // the same day, so that reading changes no date
	require.Equal(t, before, see())
}

func TestCreateSecret(t *testing.T) {
	t.Run("idempotent", func(t *testing.T) {
		w := newWorld(t)
		in := secretlife.CreateSecretInput{Name: "a", ClientRequestToken: tokenA, Value: secretlife.SecretString("x")}
		first, err := w.CreateSecret(ctx, in)
		require.NoError(t, err)
		require.Equal(t, tokenA, first.VersionID)
		require.Nil(t, first.ReplicationStatus)

		again, err := w.CreateSecret(ctx, in)
		require.NoError(t, err, "the same call again")
		require.Equal(t, first, again)
		require.Len(t, w.events(), 1)

		in.Value = secretlife.SecretString("y")
		_, err = w.CreateSecret(ctx, in)
		requireError(t, err, "ResourceExistsException",
			"You can't use ClientRequestToken "+tokenA+" because that value is already in use for a version of secret "+
				first.ARN+".")
		require.ErrorIs(t, err, secretlife.ErrTokenInUse)
		in.ClientRequestToken = tokenB
		_, err = w.CreateSecret(ctx, in)
		requireError(t, err, "ResourceExistsException", "The operation failed because the secret a already exists.")
		require.ErrorIs(t, err, secretlife.ErrSecretExists)

		w.delete("a", 7)
		in.ClientRequestToken = tokenA
		_, err = w.CreateSecret(ctx, in)
		requireError(t, err, "InvalidRequestException", textReserved)
		require.ErrorIs(t, err, secretlife.ErrNameReserved)
		w.advance(7 * aDay)
		second, err := w.CreateSecret(ctx, in)
		require.NoError(t, err)
		require.NotEqual(t, first.ARN, second.ARN, "a new suffix")

		_, err = w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: first.ARN})
		requireError(t, err, "ResourceNotFoundException", textNotFound)

		empty, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "empty"})
		require.NoError(t, err)
		require.Empty(t, empty.VersionID)
		_, err = w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "empty"})
		requireError(t, err, "ResourceNotFoundException",
			"Secrets Manager can't find the specified secret value for staging label: AWSCURRENT")
		d, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "empty"})
		require.NoError(t, err)
		require.Nil(t, d.VersionIDsToStages)
	})

	// Another call comes between.
	t.Run("conflict", func(t *testing.T) {
		store, tries := &faulty{Store: memstore.New()}, 0
		store.commit = func(secretlife.Change) error {
			if tries++; tries < 3 {
				return secretlife.ErrConflict
			}
			return nil
		}
		newWorldOver(t, store).create("a")
		require.Equal(t, 3, tries)
	})

	// Each of the six characters is any of 62.
	t.Run("random suffix", func(t *testing.T) {
		w := newWorld(t)
		seen := make([]map[byte]bool, 6)
		for i := range 300 {
			arn := w.create(fmt.Sprint(i)).ARN
			for at := range seen {
				if seen[at] == nil {
					seen[at] = map[byte]bool{}
				}
				seen[at][arn[len(arn)-6+at]] = true
			}
		}
		for at := range seen {
			require.Greater(t, len(seen[at]), 50, "character %d", at)
		}
	})
}

// TestGetSecretValueNotesTheDay reads twice on one day: the second time nothing is saved.
func TestGetSecretValueNotesTheDay(t *testing.T) {
	store, commits := &faulty{Store: memstore.New()}, 0
	w := newWorldOver(t, store)
	w.create("a")
	store.commit = func(c secretlife.Change) error {
		require.False(t, c.IsZero())
		commits++
		return nil
	}
	for range 3 {
		_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		require.NoError(t, err)
	}
	require.Equal(t, 1, commits)
}

func TestClientRequestToken(t *testing.T) {
	t.Run("PutSecretValue and UpdateSecret", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		put := secretlife.PutSecretValueInput{SecretID: "a", ClientRequestToken: tokenB, Value: secretlife.SecretString("x")}
		first, err := w.PutSecretValue(ctx, put)
		require.NoError(t, err)
		require.Equal(t, []secretlife.Stage{"AWSCURRENT"}, first.VersionStages)
		n := len(w.events())
		again, err := w.PutSecretValue(ctx, put)
		require.NoError(t, err)
		require.Equal(t, first, again)
		require.Len(t, w.events(), n)
		put.Value = secretlife.SecretBinary([]byte("x"))
		_, err = w.PutSecretValue(ctx, put)
		require.ErrorIs(t, err, secretlife.ErrTokenInUse)

		update := secretlife.UpdateSecretInput{SecretID: "a", ClientRequestToken: tokenB, Value: secretlife.SecretString("x")}
		out, err := w.UpdateSecret(ctx, update)
		require.NoError(t, err)
		require.Equal(t, tokenB, out.VersionID)
		update.Value = secretlife.SecretString("z")
		_, err = w.UpdateSecret(ctx, update)
		require.ErrorIs(t, err, secretlife.ErrTokenInUse)
		require.Len(t, w.events(), n)

		before := w.load("a").LastChangedDate()
		nothing, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "a"})
		require.NoError(t, err)
		require.Empty(t, nothing.VersionID)
		require.True(t, w.load("a").LastChangedDate().After(before))

		q := secretlife.SecretString("q")
		drawn, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", Value: q})
		require.NoError(t, err)
		require.Len(t, drawn.VersionID, 36)

		w.delete("a", 7)
		_, err = w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", ClientRequestToken: tokenB,
			Value: secretlife.SecretString("x")})
		require.ErrorIs(t, err, secretlife.ErrScheduledForDeletion, "even where it would change nothing")
	})

	t.Run("required on the wire", func(t *testing.T) {
		m := newWorld(t).RequireTokens()
		_, err := m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a"})
		requireError(t, err, "InvalidRequestException", textNoToken)
		_, err = m.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "unknown",
			Value: secretlife.SecretString("x")})
		requireError(t, err, "InvalidRequestException", textNoToken)
		_, err = m.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "unknown", Value: secretlife.SecretString("x")})
		requireError(t, err, "InvalidRequestException", textNoToken)
		_, err = m.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "unknown"})
		requireError(t, err, "ResourceNotFoundException", textNotFound)
		_, err = m.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a b", Value: secretlife.SecretString("x")})
		requireError(t, err, "ValidationException", invalidName)
	})
}

func TestUpdateSecret(t *testing.T) {
	w := newWorld(t)
	w.create("a", func(in *secretlife.CreateSecretInput) { in.KMSKeyID = "alias/aws/secretsmanager" })
	require.Equal(t, "alias/aws/secretsmanager", w.load("a").KMSKeyID(), "as it was given")
	text, key, kind, none := "what", "alias/mine", "kind", ""
	_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "a", Description: &text, KMSKeyID: &key,
		Type: &kind})
	require.NoError(t, err)
	d, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
	require.NoError(t, err)
	require.Equal(t, []string{text, key, kind}, []string{d.Description, d.KMSKeyID, d.Type})
	v, err := w.ListSecretVersionIds(ctx, secretlife.ListSecretVersionIdsInput{SecretID: "a"})
	require.NoError(t, err)
	require.Equal(t, []string{key}, v.Versions[0].KMSKeyIDs)
	_, err = w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "a", Description: &none})
	require.NoError(t, err)
	require.Empty(t, w.load("a").Description())
	require.Equal(t, "kind", w.load("a").Type())
}

func TestBadInput(t *testing.T) {
	// The requests are wrong in themselves.
	t.Run("one problem", func(t *testing.T) {
		long := strings.Repeat("x", 40_000)
		big := secretlife.SecretString(strings.Repeat("s", 65_537))
		w := newWorld(t)
		w.create("a")
		before := w.events()
		for name, call := range map[string]func() error{
			"description": func() error {
				_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "b", Description: long})
				return err
			},
			"key": func() error {
				_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "b", KMSKeyID: long})
				return err
			},
			"type": func() error {
				_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "b", Type: long})
				return err
			},
			"name":    func() error { _, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: long}); return err },
			"no name": func() error { _, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{}); return err },
			"big value": func() error {
				_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "b", Value: big})
				return err
			},
			"no bytes": func() error {
				_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "b", Value: secretlife.SecretBinary(nil)})
				return err
			},
			"value that is no text": func() error {
				_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "b", Value: secretlife.SecretString("sssss\xff")})
				return err
			},
			"description that is no text": func() error {
				_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "b", Description: "\xff"})
				return err
			},
			"stage that is no text": func() error {
				_, err := w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{SecretID: "a",
					VersionStage: "\xff", MoveToVersionID: tokenA})
				return err
			},
			"tag key": func() error {
				return w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a", Tags: []secretlife.Tag{{Key: ""}}})
			},
			"tag value": func() error {
				return w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a",
					Tags: []secretlife.Tag{{Key: "k", Value: long}}})
			},
			"untag": func() error {
				return w.UntagResource(ctx, secretlife.UntagResourceInput{SecretID: "a", TagKeys: []string{long}})
			},
			"policy": func() error {
				_, err := w.PutResourcePolicy(ctx, secretlife.PutResourcePolicyInput{SecretID: "a", ResourcePolicy: long})
				return err
			},
			"no policy": func() error {
				_, err := w.PutResourcePolicy(ctx, secretlife.PutResourcePolicyInput{SecretID: "a"})
				return err
			},
			"version id": func() error {
				_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a", VersionID: "x"})
				return err
			},
			"stage": func() error {
				_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a", VersionStage: secretlife.Stage(long)})
				return err
			},
			"many stages": func() error {
				_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", Value: secretlife.SecretString("x"),
					VersionStages: make([]secretlife.Stage, 21)})
				return err
			},
			"stage to move": func() error {
				_, err := w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{SecretID: "a",
					VersionStage: secretlife.Stage(long)})
				return err
			},
			"long token": func() error {
				_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "a", ClientRequestToken: long,
					Value: secretlife.SecretString("x")})
				return err
			},
			"update": func() error {
				_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "a", Description: &long})
				return err
			},
			"no regions": func() error {
				_, err := w.ReplicateSecretToRegions(ctx, secretlife.ReplicateSecretToRegionsInput{SecretID: "a"})
				return err
			},
			"region": func() error {
				_, err := w.ReplicateSecretToRegions(ctx, secretlife.ReplicateSecretToRegionsInput{SecretID: "a",
					AddReplicaRegions: []secretlife.ReplicaRegion{{Region: "?"}}})
				return err
			},
			"no regions to remove": func() error {
				_, err := w.RemoveRegionsFromReplication(ctx, secretlife.RemoveRegionsFromReplicationInput{SecretID: "a"})
				return err
			},
			"page": func() error {
				_, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{MaxResults: 101})
				return err
			},
			"negative page": func() error {
				_, err := w.ListSecretVersionIds(ctx, secretlife.ListSecretVersionIdsInput{SecretID: "a", MaxResults: -1})
				return err
			},
			"long page token": func() error {
				_, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{NextToken: long})
				return err
			},
			"filter": func() error {
				_, err := w.ListSecrets(ctx,
					secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "colour", Values: []string{"a"}}}})
				return err
			},
			"many filters": func() error {
				_, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{Filters: make([]secretlife.Filter, 11)})
				return err
			},
			"order": func() error {
				_, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{SortBy: "size", SortOrder: "up"})
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				err := call()
				var v *secretlife.ValidationError
				require.ErrorAs(t, err, &v)
				require.Regexp(t, `^\d+ validation errors? detected: Value`, v.Message)
				require.NotEmpty(t, v.Members)
				require.NotContains(t, err.Error(), "sssss", "a value never shows")
				require.Less(t, len(err.Error()), 4000)
			})
		}
		require.Equal(t, before, w.events())
	})

	t.Run("several problems", func(t *testing.T) {
		w := newWorld(t)
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a b", ClientRequestToken: "short",
			VersionStages: []secretlife.Stage{""}})
		all := multierr.Errors(err)
		require.Len(t, all, 3)
		requireError(t, all[0], "ValidationException", "2 validation errors detected: "+
			"Value '' at 'versionStages.1.member' failed to satisfy constraint: Member must have length greater than or "+
			"equal to 1; "+
			"Value 'short' at 'clientRequestToken' failed to satisfy constraint: Member must have length greater than or "+
			"equal to 32")
		requireError(t, all[1], "ValidationException", invalidName)
		requireError(t, all[2], "InvalidRequestException", "You must provide either SecretString or SecretBinary.")
		requireError(t, err, "ValidationException", validation(t, all[0]).Message)

		_, err = w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a*", RecoveryWindowInDays: secretlife.Days(3)})
		require.Len(t, multierr.Errors(err), 2)
		requireError(t, err, "ValidationException", invalidName)
		require.ErrorIs(t, err, secretlife.ErrRecoveryWindow)
	})
}

func validation(t *testing.T, err error) *secretlife.ValidationError {
	t.Helper()
	var v *secretlife.ValidationError
	require.ErrorAs(t, err, &v)
	return v
}

func TestOtherAccounts(t *testing.T) {
	t.Run("with and without a policy", func(t *testing.T) {
		w := newWorld(t)
		a := w.create("a")
		other := w.in("999999999999", "us-east-1")
		const denied = "User: arn:aws:iam::999999999999:root is not authorized to perform: secretsmanager:%s on resource: " +
			"%s because no resource-based policy allows the secretsmanager:%[1]s action"
		for _, id := range []string{a.ARN, "arn:aws:secretsmanager:us-east-1:123456789012:secret:unknown-abcdef"} {
			_, err := other.DescribeSecret(ctx, secretlife.SecretInput{SecretID: id})
			requireError(t, err, "AccessDeniedException", fmt.Sprintf(denied, "DescribeSecret", id))
			_, err = other.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: id, ForceDeleteWithoutRecovery: true})
			requireError(t, err, "AccessDeniedException", fmt.Sprintf(denied, "DeleteSecret", id))
		}
		_, err := other.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		requireError(t, err, "ResourceNotFoundException", textNotFound)

		_, err = w.PutResourcePolicy(ctx, secretlife.PutResourcePolicyInput{SecretID: "a", ResourcePolicy: somePolicy})
		require.NoError(t, err)
		_, err = other.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: a.ARN})
		requireError(t, err, "InvalidRequestException",
			"You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.")
		_, err = other.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: a.ARN,
			Value: secretlife.SecretString("x")})
		require.ErrorIs(t, err, secretlife.ErrDefaultKeyAcrossAccounts)
		key := "alias/mine"
		_, err = other.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: a.ARN, KMSKeyID: &key})
		require.NoError(t, err)
		_, err = other.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: a.ARN})
		require.NoError(t, err)
		out, err := other.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: a.ARN,
			RecoveryWindowInDays: secretlife.Days(7)})
		require.NoError(t, err)
		require.Equal(t, a.ARN, out.ARN)
		_, err = other.RestoreSecret(ctx, secretlife.SecretInput{SecretID: a.ARN})
		require.NoError(t, err)
		list, err := other.ListSecrets(ctx, secretlife.ListSecretsInput{})
		require.NoError(t, err)
		require.Empty(t, list.SecretList)
		require.NotNil(t, list.SecretList)
	})

	// A resource policy opens no secret to a Manager that stays in its account. The Manager goes
	// on working there.
	t.Run("OwnAccountOnly", func(t *testing.T) {
		w := newWorld(t)
		a := w.create("a")
		_, err := w.PutResourcePolicy(ctx, secretlife.PutResourcePolicyInput{SecretID: "a", ResourcePolicy: somePolicy})
		require.NoError(t, err)
		_, err = w.in("999999999999", "us-east-1").DescribeSecret(ctx, secretlife.SecretInput{SecretID: a.ARN})
		require.NoError(t, err)
		for _, region := range []string{"us-east-1", "eu-west-1"} {
			_, err = w.in("999999999999", region).OwnAccountOnly().DescribeSecret(ctx,
				secretlife.SecretInput{SecretID: a.ARN})
			require.ErrorIs(t, err, secretlife.ErrAccessDenied)
			_, err = w.in("999999999999", region).OwnAccountOnly().DeleteSecret(ctx,
				secretlife.DeleteSecretInput{SecretID: a.ARN, ForceDeleteWithoutRecovery: true})
			require.ErrorIs(t, err, secretlife.ErrAccessDenied)
		}
		_, err = w.OwnAccountOnly().GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: a.ARN})
		require.NoError(t, err)
	})

	t.Run("other Regions", func(t *testing.T) {
		w := newWorld(t)
		a := w.create("a")
		eu := w.in("123456789012", "eu-west-1")
		_, err := eu.DescribeSecret(ctx, secretlife.SecretInput{SecretID: a.ARN})
		requireError(t, err, "ResourceNotFoundException", textNotFound)
		elsewhere := strings.Replace(a.ARN, "arn:aws:", "arn:aws-cn:", 1)
		_, err = w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: elsewhere})
		requireError(t, err, "ResourceNotFoundException", textNotFound)
	})
}

func TestDeleteSecret(t *testing.T) {
	t.Run("force on nothing", func(t *testing.T) {
		w := newWorld(t)
		force := func(id string) secretlife.SecretOutput {
			out, err := w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: id, ForceDeleteWithoutRecovery: true})
			require.NoError(t, err)
			require.Equal(t, start, out.DeletionDate)
			return out
		}
		out := force("never/was")
		require.Equal(t, "never/was", out.Name)
		require.Regexp(t, `:secret:never/was-[A-Za-z0-9]{6}$`, out.ARN)
		const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:never-abcdef"
		out = force(arn)
		require.Equal(t, arn, out.ARN)
		require.Equal(t, "never", out.Name)
		out = force(strings.TrimSuffix(arn, "-abcdef"))
		require.Regexp(t, `:secret:never-[A-Za-z0-9]{6}$`, out.ARN)
		require.Empty(t, w.events())
		_, err := w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a b", ForceDeleteWithoutRecovery: true})
		requireError(t, err, "ValidationException", invalidName)
	})

	t.Run("purge delay", func(t *testing.T) {
		for in, ok := range map[string]bool{"none": true, "5s": true, "1h..24h": true, "": false, "x": false, "5s..": false,
			"1h..2d": true, "1w": true, "PT1H..P1D": true, "2h..1h": false, "-1s": false} {
			_, err := secretlife.ParseDelay(in)
			require.Equal(t, ok, err == nil, in)
		}
		d, err := secretlife.ParseDelay("1h..2h")
		require.NoError(t, err)
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.PurgeDelay = d })
		for i := range 20 {
			name := fmt.Sprint(i)
			w.create(name)
			w.delete(name, 0)
			at, _ := w.load(name).Deletion().PurgeAt()
			require.WithinRange(t, at, start.Add(hour), start.Add(2*hour))
		}
	})
}

func TestRandom(t *testing.T) {
	t.Run("same seed", func(t *testing.T) {
		history := func(seed byte) string {
			delay, err := secretlife.RandomDelay(0, 24*hour)
			require.NoError(t, err)
			w := newWorld(t, func(o *secretlife.Options) {
				o.Random, o.Emulate.PurgeDelay = rand.NewChaCha8([32]byte{seed}),
					delay
			})
			for _, name := range []string{"a", "b", "c"} {
				w.create(name, func(in *secretlife.CreateSecretInput) { in.ClientRequestToken = "" })
				w.delete(name, 7)
			}
			w.advance(9 * aDay)
			var b bytes.Buffer
			require.NoError(t, json.NewEncoder(&b).Encode(w.events()))
			return b.String()
		}
		once, again := history(1), history(1)
		require.Equal(t, once, again)
		require.NotEqual(t, history(1), history(2))
	})

	// Every millisecond of the range comes, ends included.
	t.Run("delays are even", func(t *testing.T) {
		d, err := secretlife.RandomDelay(5*time.Millisecond, 7*time.Millisecond)
		require.NoError(t, err)
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.PurgeDelay = d })
		times := map[time.Duration]int{}
		for i := range 300 {
			name := fmt.Sprint(i)
			w.create(name)
			w.delete(name, 0)
			at, _ := w.load(name).Deletion().PurgeAt()
			times[at.Sub(start)]++
		}
		require.Len(t, times, 3)
		for late := 5 * time.Millisecond; late <= 7*time.Millisecond; late += time.Millisecond {
			require.InDelta(t, 100, times[late], 40, late)
		}
	})

	t.Run("source fails", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Random = iotest.ErrReader(errors.New("no entropy")) })
		_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", ClientRequestToken: tokenA})
		requireError(t, err, "InternalServiceError", "An error occurred on the server side.")
		_, err = w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a", Value: secretlife.SecretString("x")})
		require.ErrorIs(t, err, secretlife.ErrInternal)
		_, err = w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a", ForceDeleteWithoutRecovery: true})
		require.ErrorIs(t, err, secretlife.ErrInternal)
		require.Empty(t, w.events())
	})
}

func TestContext(t *testing.T) {
	t.Run("every operation", func(t *testing.T) {
		done, cancel := context.WithCancel(ctx)
		cancel()
		w := newWorld(t)
		for op, call := range calls {
			old := ctx
			ctx = done
			err := call(w.Manager)
			ctx = old
			require.ErrorIs(t, err, context.Canceled, op)
			var e secretlife.Error
			require.NotErrorAs(t, err, &e)
		}
		_, err := w.ListSecrets(done, secretlife.ListSecretsInput{})
		require.ErrorIs(t, err, context.Canceled)
		_, err = w.purger.RunDue(done)
		require.ErrorIs(t, err, context.Canceled)
		_, err = w.purger.Advance(done, hour)
		require.ErrorIs(t, err, context.Canceled)
	})

	// That is not a failure of the service, unless the store says that it failed.
	t.Run("in the store", func(t *testing.T) {
		for _, broken := range []error{nil, errors.New("broken")} {
			ctx, stop := context.WithCancel(context.Background())
			w := newWorldOver(t, cut{memstore.New(), stop, broken})
			_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
			if broken == nil {
				require.ErrorIs(t, err, context.Canceled)
				require.NotErrorIs(t, err, secretlife.ErrInternal)
			} else {
				require.ErrorIs(t, err, broken)
				require.ErrorIs(t, err, secretlife.ErrInternal)
			}
		}
	})
}

func TestClockOutOfRange(t *testing.T) {
	for year, ok := range map[int]bool{-1: false, 0: false, 1: true, 9900: true, 9901: false, 12_000: false} {
		m, err := secretlife.New(memstore.New(), func(o *secretlife.Options) {
			o.Clock = secretlife.NewVirtualClock(time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC))
		})
		require.NoError(t, err)
		_, err = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "a"})
		if ok {
			require.NoError(t, err, year)
		} else {
			require.ErrorIs(t, err, secretlife.ErrInternal, year)
		}
	}
}

// cut is a store whose calls end with their context, or fail by themselves then.
type cut struct {
	secretlife.Store
	stop context.CancelFunc
	err  error
}

func (c cut) Load(ctx context.Context, _ secretlife.Key) (secretlife.Secret, error) {
	c.stop()
	if c.err != nil {
		return secretlife.Secret{}, c.err
	}
	return secretlife.Secret{}, fmt.Errorf("reading: %w", ctx.Err())
}

func TestEventObserver(t *testing.T) {
	t.Run("refused reads", func(t *testing.T) {
		w := newWorld(t)
		a := w.create("a")
		w.delete("a", 7)
		w.sunk = nil
		_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		require.Error(t, err)
		require.Len(t, w.sunk, 1)
		code, text, refused := w.sunk[0].Refusal()
		require.True(t, refused)
		require.Equal(t, "InvalidRequestException", code)
		require.Equal(t, textMarked, text)
		require.Equal(t, "GetSecretValue", w.sunk[0].Name())
		require.Equal(t, "a", w.sunk[0].SecretID())
		require.Equal(t, "a", w.sunk[0].Key().Name.String())
		require.NotEmpty(t, a.ARN)

		var trail struct {
			EventName, ErrorCode, ErrorMessage string
			ReadOnly                           bool
			RequestParameters                  map[string]any
			ResponseElements                   any
		}
		data, err := json.Marshal(w.sunk[0])
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &trail))
		require.Contains(t, trail.ErrorMessage, "secret because it was marked for deletion",
			"what the documented alarm looks for")
		require.True(t, trail.ReadOnly)
		require.Equal(t, map[string]any{"secretId": "a"}, trail.RequestParameters)
		require.Nil(t, trail.ResponseElements)

		for _, e := range w.events() {
			_, _, refused := e.Refusal()
			require.False(t, refused, "refusals are not stored")
		}
		_, err = w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a b"})
		require.Error(t, err)
		require.Len(t, w.sunk, 2, "a call for what is no secret is heard too")
		require.True(t, w.sunk[1].ARN().IsZero())
	})

	// The event names the secret that exists, of any account, or the one that was asked for.
	t.Run("refused calls are about their secret", func(t *testing.T) {
		w := newWorld(t)
		a := w.create("a").ARN
		_, err := w.PutResourcePolicy(ctx, secretlife.PutResourcePolicyInput{SecretID: "a", ResourcePolicy: somePolicy})
		require.NoError(t, err)
		w.delete("a", 7)
		other := w.in("210987654321", "us-east-1")
		for _, c := range []struct{ id, account, name string }{
			{a, "123456789012", "a"}, // scheduled for deletion
			{"a", "210987654321", "a"},
			{"nobody", "210987654321", "nobody"},
			{"arn:aws:secretsmanager:us-east-1:123456789012:secret:nobody-abcdef", "210987654321", "nobody"},
			{"no name", "210987654321", ""},
		} {
			w.sunk = nil
			_, err := other.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: c.id})
			require.Error(t, err)
			require.Len(t, w.sunk, 1)
			key := w.sunk[0].Key()
			require.Equal(t, c.id, w.sunk[0].SecretID())
			require.Equal(t, c.account, key.Account.String(), c.id)
			require.Equal(t, c.name, key.Name.String())
			require.Equal(t, "us-east-1", key.Region.String())
		}
	})

	t.Run("no values", func(t *testing.T) {
		w := newWorld(t)
		w.create("a", func(in *secretlife.CreateSecretInput) {
			in.Value, in.Description, in.KMSKeyID, in.Tags = secretlife.SecretString(hidden), "d", "k",
				[]secretlife.Tag{{Key: "k"}}
		})
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a",
			Value: secretlife.SecretString(hidden + "2")})
		require.NoError(t, err)
		_, err = w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		require.NoError(t, err)
		w.delete("a", 7)
		w.advance(8 * aDay)
		data, err := json.Marshal(w.events())
		require.NoError(t, err)
		require.NotContains(t, string(data), hidden)
		require.NotContains(t, fmt.Sprintf("%+v %#v", w.events(), w.events()), hidden)
	})
}

func TestConcurrentChanges(t *testing.T) {
	w := newWorld(t, func(o *secretlife.Options) { o.Observer = secretlife.Observer{} })
	w.create("a")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := range 5 {
				err := w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a",
					Tags: []secretlife.Tag{{Key: fmt.Sprint(i, "-", j)}}})
				if err != nil {
					t.Error(err)
				}
			}
		}()
	}
	wg.Wait()
	require.Len(t, w.load("a").Tags(), 40)
	require.Equal(t, uint64(41), w.load("a").Revision())
}

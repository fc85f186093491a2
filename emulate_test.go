package secretlife_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

const textQuota = "The request failed because it would exceed one of the Secrets Manager quotas."

// uncounted is a store that can't count.
type uncounted struct{ secretlife.Store }

func (uncounted) Count(context.Context, secretlife.Account, secretlife.Region) (int, error) {
	return 0, errors.ErrUnsupported
}

func TestQuotas(t *testing.T) {
	t.Run("secrets", func(t *testing.T) {
		for name, store := range map[string]secretlife.Store{"counted": memstore.New(),
			"gone through": uncounted{memstore.New()}} {
			t.Run(name, func(t *testing.T) {
				w := newWorldOver(t, store, func(o *secretlife.Options) { o.Emulate.Quotas.Secrets = 2 })
				w.create("a")
				w.create("b")
				_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "c"})
				requireError(t, err, "LimitExceededException", textQuota)
				require.ErrorIs(t, err, secretlife.ErrLimitExceeded)
				w.create("b") // the same call again makes no further secret

				w.delete("a", 7)
				_, err = w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "c"})
				require.ErrorIs(t, err, secretlife.ErrLimitExceeded, "a scheduled secret counts")
				_, err = w.in("210987654321", "us-east-1").CreateSecret(ctx, secretlife.CreateSecretInput{Name: "c"})
				require.NoError(t, err, "other accounts have a quota of their own")
				_, err = w.in("123456789012", "eu-west-1").CreateSecret(ctx, secretlife.CreateSecretInput{Name: "c"})
				require.NoError(t, err, "and so has every Region")
				w.advance(7 * aDay)
				w.create("c")
			})
		}
	})

	// There are more than are read at a time. The Manager reads no further than it must, and
	// the newest secret once more, whose place in the order of creation the new one follows.
	t.Run("many secrets", func(t *testing.T) {
		w, store := manySecrets(t, 2500, 0, 0)
		for _, c := range []struct {
			quota, read int
			room        bool
		}{
			{quota: 1000, read: 1000}, {quota: 1001, read: 2000}, {quota: 2500, read: 2500},
			{quota: 2501, read: 2500, room: true}, {quota: 2501, read: 2501},
		} {
			store.read = 0
			m, err := secretlife.New(uncounted{store}, func(o *secretlife.Options) {
				o.Clock, o.Emulate.Quotas.Secrets = w.clock, c.quota
			})
			require.NoError(t, err)
			_, err = m.CreateSecret(ctx, secretlife.CreateSecretInput{Name: fmt.Sprint("new", c.room)})
			if c.room {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, secretlife.ErrLimitExceeded)
			}
			require.Equal(t, c.read+1, store.read)
		}
	})

	t.Run("secrets exactly", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.Quotas.Secrets, o.Observer = 10, secretlife.Observer{} })
		var made atomic.Int32
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				if _, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: fmt.Sprint(i)}); err == nil {
					made.Add(1)
				}
			})
		}
		all.Wait()
		require.EqualValues(t, 10, made.Load())
	})

	t.Run("versions", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) {
			o.Emulate.Quotas = secretlife.AWSQuotas()
			o.Emulate.Quotas.Rates = nil
		})
		w.create("s")
		add := func() error {
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", Value: secretlife.SecretString("v")})
			return err
		}
		for range 99 {
			require.NoError(t, add())
		}
		requireError(t, add(), "LimitExceededException", textQuota)
		_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "s", Value: secretlife.SecretString("v")})
		require.ErrorIs(t, err, secretlife.ErrLimitExceeded)
		_, err = w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "s", ClientRequestToken: tokenA,
			Value: secretlife.SecretString("value of s")})
		require.NoError(t, err, "a call repeated adds none")
		require.Len(t, w.load("s").Versions(), 100)

		w.clock.Set(start.Add(aDay))
		require.ErrorIs(t, add(), secretlife.ErrLimitExceeded, "all are under or at 24 hours old")
		w.clock.Set(start.Add(aDay + time.Millisecond))
		require.NoError(t, add(), "the oldest is deprecated, and may go")
		w.advance(aDay + time.Second)
		require.Len(t, w.load("s").Versions(), 100)
	})

	// The secret has more versions than the quota already.
	t.Run("other changes than new versions", func(t *testing.T) {
		w := newWorld(t)
		versionsOf(w)
		m, err := secretlife.New(w.store, func(o *secretlife.Options) { o.Clock, o.Emulate.Quotas.Versions = w.clock, 2 })
		require.NoError(t, err)
		require.NoError(t, m.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a", Tags: []secretlife.Tag{{Key: "k"}}}))
		_, err = m.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: "a", Value: secretlife.SecretString("x")})
		require.ErrorIs(t, err, secretlife.ErrLimitExceeded)
	})

	t.Run("AWSQuotas name every operation once", func(t *testing.T) {
		seen := map[secretlife.Operation]int{}
		for _, r := range secretlife.AWSQuotas().Rates {
			for _, op := range r.Operations {
				seen[op]++
			}
		}
		for _, op := range secretlife.Operations() {
			require.Equal(t, 1, seen[op], op)
		}
	})

	t.Run("refused", func(t *testing.T) {
		made := func(q secretlife.Quotas) error {
			_, err := secretlife.New(memstore.New(), func(o *secretlife.Options) { o.Emulate.Quotas = q })
			return err
		}
		for _, q := range []secretlife.Quotas{{Secrets: -1}, {Versions: -1}, {Rates: []secretlife.Rate{{nil, 0}}},
			{Rates: []secretlife.Rate{{nil, 1e9 + 1}}}} {
			require.Error(t, made(q), "%v", q)
		}
		require.NoError(t, made(secretlife.Quotas{Secrets: 1, Versions: 1, Rates: []secretlife.Rate{{nil, 1}, {nil, 1e9}}}))
	})
}

func TestRates(t *testing.T) {
	t.Run("calls per second", func(t *testing.T) {
		reads := []secretlife.Operation{secretlife.OpDescribeSecret, secretlife.OpGetSecretValue}
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.Quotas.Rates = []secretlife.Rate{{reads, 4}} })
		w.create("s")
		describe := func() error {
			_, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "s"})
			return err
		}
		get := func() error {
			_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "s"})
			return err
		}
		for range 2 {
			require.NoError(t, describe())
			require.NoError(t, get())
		}
		requireError(t, describe(), "ThrottlingException", "Rate exceeded")
		require.ErrorIs(t, get(), secretlife.ErrThrottled)
		var throttled *secretlife.ThrottlingError
		require.ErrorAs(t, get(), &throttled)
		_, err := w.in("210987654321", "us-east-1").DescribeSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		require.ErrorIs(t, err, secretlife.ErrSecretNotFound, "each account has a rate of its own")
		w.delete("s", 7) // other operations are not counted

		w.clock.Set(start.Add(249 * time.Millisecond))
		require.ErrorIs(t, describe(), secretlife.ErrThrottled)
		w.clock.Set(start.Add(250 * time.Millisecond))
		require.NoError(t, describe())
		require.ErrorIs(t, describe(), secretlife.ErrThrottled)
		w.clock.Set(start.Add(hour))
		for range 4 {
			require.NoError(t, describe())
		}
		require.ErrorIs(t, describe(), secretlife.ErrThrottled, "what was not used is not saved up")

		w.clock.Jump(-hour)
		require.NoError(t, describe(), "a clock that was set back locks nobody out")
	})

	// Every call names another account.
	t.Run("idle accounts are forgotten", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.Quotas = secretlife.AWSQuotas() })
		for i := range 10_000 {
			m := w.in(fmt.Sprintf("%012d", i), "us-east-1")
			_, err := m.GetRandomPassword(ctx, secretlife.GetRandomPasswordInput{})
			require.NoError(t, err)
			w.clock.Set(w.clock.Now().Add(time.Millisecond))
			require.LessOrEqual(t, secretlife.RatesKept(w.Manager), 128)
		}
	})
}

// Eventual consistency.

func TestListLag(t *testing.T) {
	t.Run("changes show late", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.ListLag = secretlife.FixedDelay(time.Minute) })
		names := func(planned bool) (out []string) {
			page, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{IncludePlannedDeletion: planned})
			require.NoError(t, err)
			for _, s := range page.SecretList {
				out = append(out, s.Name)
			}
			return out
		}
		w.create("s")
		require.Empty(t, names(true), "created a moment ago")
		_, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		require.NoError(t, err, "but it is there")
		w.advance(time.Minute - time.Millisecond)
		require.Empty(t, names(true))
		w.advance(time.Millisecond)
		require.Equal(t, []string{"s"}, names(false))

		w.delete("s", 7)
		require.Equal(t, []string{"s"}, names(false), "its deletion does not show yet")
		page, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{})
		require.NoError(t, err)
		require.Zero(t, page.SecretList[0].DeletedDate)
		w.advance(time.Minute)
		require.Empty(t, names(false))
		require.Equal(t, []string{"s"}, names(true))

		_, err = w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		require.NoError(t, err)
		require.Empty(t, names(false), "nor does its restoration")
		w.advance(time.Minute)
		require.Equal(t, []string{"s"}, names(false))

		w.delete("s", 0)
		w.advance(time.Millisecond)
		w.create("s")
		require.Empty(t, names(true), "another secret of that name is a new one")
	})

	t.Run("filters see what lists show", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.ListLag = secretlife.FixedDelay(time.Minute) })
		w.create("s", func(in *secretlife.CreateSecretInput) { in.Description = "old" })
		w.advance(time.Minute)
		now := "new"
		_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: "s", Description: &now})
		require.NoError(t, err)
		count := func(word string) int {
			page, err := w.ListSecrets(ctx,
				secretlife.ListSecretsInput{Filters: []secretlife.Filter{{Key: "description", Values: []string{word}}}})
			require.NoError(t, err)
			return len(page.SecretList)
		}
		require.Equal(t, []int{1, 0}, []int{count("old"), count("new")})
		w.advance(time.Minute)
		require.Equal(t, []int{0, 1}, []int{count("old"), count("new")})
	})

	// A secret has its present place in the order, so that pages go on behind it.
	t.Run("pages end", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.ListLag = secretlife.FixedDelay(time.Hour) })
		for i := range 5 {
			w.create(fmt.Sprint(i))
		}
		w.advance(2 * time.Hour)
		for i := range 5 {
			w.clock.Set(w.clock.Now().Add(time.Second))
			_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: fmt.Sprint(4 - i)})
			require.NoError(t, err)
		}
		var names, next string
		for range 6 {
			page, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{SortBy: secretlife.SortByLastChangedDate, MaxResults: 1,
				NextToken: next})
			require.NoError(t, err)
			for _, s := range page.SecretList {
				names += s.Name
				require.Equal(t, start.UnixMilli(), s.LastChangedDate.UnixMilli(), "as it was")
			}
			if next = page.NextToken; next == "" {
				break
			}
		}
		require.Equal(t, "43210", names)
	})

	// A secret that another process created again is not taken for the one before.
	t.Run("of one incarnation", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.ListLag = secretlife.FixedDelay(time.Minute) })
		w.create("s")
		w.advance(time.Minute)
		w.delete("s", 0)
		w.advance(0)
		other, err := secretlife.New(w.store, func(o *secretlife.Options) { o.Clock = w.clock })
		require.NoError(t, err)
		again, err := other.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "s"})
		require.NoError(t, err)
		page, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{})
		require.NoError(t, err)
		require.Len(t, page.SecretList, 1)
		require.Equal(t, again.ARN, page.SecretList[0].ARN)
		require.Zero(t, secretlife.PastKept(other), "without a lag nothing is kept")
	})

	t.Run("past states are forgotten", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) {
			o.Emulate.ListLag, o.Observer = secretlife.FixedDelay(time.Second), secretlife.Observer{}
		})
		for i := range 1000 {
			w.create(fmt.Sprint(i))
			w.clock.Set(w.clock.Now().Add(100 * time.Millisecond))
		}
		require.Less(t, secretlife.PastKept(w.Manager), 200)
	})
}

func TestDescribeLag(t *testing.T) {
	t.Run("deletions show late", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.DescribeLag = secretlife.FixedDelay(5 * time.Second) })
		deleted := func() time.Time {
			d, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "s"})
			require.NoError(t, err)
			return d.DeletedDate
		}
		w.create("s")
		w.delete("s", 7)
		require.Zero(t, deleted())
		_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "s"})
		require.ErrorIs(t, err, secretlife.ErrScheduledForDeletion, "only what is shown comes late")
		w.advance(5 * time.Second)
		require.NotZero(t, deleted())
		_, err = w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "s"})
		require.NoError(t, err)
		require.NotZero(t, deleted())
		w.advance(5 * time.Second)
		require.Zero(t, deleted())
		page, err := w.ListSecrets(ctx, secretlife.ListSecretsInput{})
		require.NoError(t, err)
		require.Len(t, page.SecretList, 1, "lists have a lag of their own")
	})

	// Earlier changes do not matter.
	t.Run("counted from the deletion", func(t *testing.T) {
		w := newWorld(t, func(o *secretlife.Options) { o.Emulate.DescribeLag = secretlife.FixedDelay(5 * time.Second) })
		w.create("s")
		require.NoError(t, w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "s", Tags: []secretlife.Tag{{Key: "k"}}}))
		w.advance(3 * time.Second)
		w.delete("s", 7)
		w.advance(5*time.Second - time.Millisecond)
		require.Zero(t, w.describe("s").DeletedDate)
		w.advance(time.Millisecond)
		require.NotZero(t, w.describe("s").DeletedDate)
	})
}

// TestKMSKeys: KMS says no, where [secretlife.Emulate] has one that does.
func TestKMSKeys(t *testing.T) {
	const (
		good, other = "arn:aws:kms:us-east-1:123456789012:key/good", "arn:aws:kms:us-east-1:123456789012:alias/other"
		named       = "The operation failed because of an invalid KMS key: "
		cantEncrypt = "Secrets Manager can't encrypt the secret value: "
		cantDecrypt = "Secrets Manager can't decrypt the secret value: "
	)
	newKeys := func(t *testing.T) (*world, map[string]error) {
		states := map[string]error{good: nil, other: nil}
		return newWorld(t, func(o *secretlife.Options) {
			o.Emulate.CheckKMSKey = func(_ context.Context, keyARN string) error {
				err, known := states[keyARN]
				if !known {
					return secretlife.ErrKMSKeyNotFound
				}
				return err
			}
		}), states
	}
	get := func(w *world, name string) error {
		_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: name})
		return err
	}
	put := func(w *world, name, token string) error {
		_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: name, ClientRequestToken: token,
			Value: secretlife.SecretString(token)})
		return err
	}
	update := func(w *world, name, key string) error {
		_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: name, KMSKeyID: &key})
		return err
	}

	t.Run("named in a request", func(t *testing.T) {
		w, states := newKeys(t)
		for _, c := range []struct {
			key    string
			state  error
			code   string
			text   string
			reason error
		}{
			{"good", nil, "", "", nil},
			{good, nil, "", "", nil},
			{"alias/other", nil, "", "", nil},
			{"", secretlife.ErrKMSAccessDenied, "", "", nil},
			{"alias/aws/secretsmanager", secretlife.ErrKMSAccessDenied, "", "", nil},
			{"bad", secretlife.ErrKMSKeyNotFound, "InvalidParameterException",
				named + "Key 'arn:aws:kms:us-east-1:123456789012:key/bad' does not exist", secretlife.ErrKMSKeyNotFound},
			{"alias/bad", secretlife.ErrKMSKeyNotFound, "InvalidParameterException",
				named + "Alias arn:aws:kms:us-east-1:123456789012:alias/bad is not found.", secretlife.ErrKMSKeyNotFound},
			{"arn:aws:kms:eu-west-1:123456789012:key/good", nil, "InvalidParameterException",
				named + "Invalid arn eu-west-1", secretlife.ErrKMSKeyNotFound},
			{"off", secretlife.ErrKMSKeyDisabled, "InvalidParameterException",
				named + "arn:aws:kms:us-east-1:123456789012:key/off is disabled.", secretlife.ErrKMSKeyDisabled},
			{"dying", secretlife.ErrKMSKeyPendingDeletion, "InvalidParameterException",
				named + "arn:aws:kms:us-east-1:123456789012:key/dying is pending deletion.",
				secretlife.ErrKMSKeyPendingDeletion},
			{"theirs", secretlife.ErrKMSAccessDenied, "AccessDeniedException", "Access to KMS is not allowed",
				secretlife.ErrAccessDenied},
		} {
			if c.state != nil && !errors.Is(c.state, secretlife.ErrKMSKeyNotFound) {
				states["arn:aws:kms:us-east-1:123456789012:key/"+c.key] = fmt.Errorf("by a test: %w", c.state)
			}
			before := w.events()
			in := secretlife.CreateSecretInput{Name: "new", Value: secretlife.SecretString("v"), KMSKeyID: c.key}
			_, err := w.CreateSecret(ctx, in)
			if c.code == "" {
				require.NoError(t, err, c.key)
				require.NoError(t, update(w, "new", c.key))
				w.delete("new", 0)
				w.advance(0)
				continue
			}
			requireError(t, err, c.code, c.text)
			require.ErrorIs(t, err, c.reason)
			require.Equal(t, before, w.events(), "a refusal changes nothing")
			w.create("old")
			requireError(t, update(w, "old", c.key), c.code, c.text)
			require.Empty(t, w.load("old").KMSKeyID())
			w.delete("old", 0)
			w.advance(0)
		}
	})

	t.Run("that a secret has", func(t *testing.T) {
		w, states := newKeys(t)
		w.create("a", func(in *secretlife.CreateSecretInput) { in.KMSKeyID = "alias/other" })
		require.NoError(t, get(w, "a"))
		require.NoError(t, put(w, "a", tokenB))
		for _, c := range []struct {
			state      error
			text, code string
		}{
			{secretlife.ErrKMSKeyDisabled, other + " is disabled.", "DisabledException"},
			{secretlife.ErrKMSKeyPendingDeletion, other + " is pending deletion.", "KMSInvalidStateException"},
			{secretlife.ErrKMSKeyNotFound, "Alias " + other + " is not found.", "NotFoundException"},
		} {
			states[other] = c.state
			rest := c.text + " (Service: AWSKMS; Status Code: 400; Error Code: " + c.code + ")"
			requireError(t, get(w, "a"), "DecryptionFailure", cantDecrypt+rest)
			requireError(t, put(w, "a", tokenC), "EncryptionFailure", cantEncrypt+rest)
			requireError(t, update(w, "a", good), "DecryptionFailure", cantDecrypt+rest)
			out, err := w.BatchGetSecretValue(ctx, secretlife.BatchGetSecretValueInput{SecretIDList: []string{"a"}})
			require.NoError(t, err)
			require.Equal(t, []secretlife.APIErrorType{{SecretID: "a", ErrorCode: "DecryptionFailure",
				Message: cantDecrypt + rest}}, out.Errors)
		}
		states[other] = secretlife.ErrKMSAccessDenied
		requireError(t, get(w, "a"), "AccessDeniedException", "Access to KMS is not allowed")
		requireError(t, put(w, "a", tokenC), "AccessDeniedException", "Access to KMS is not allowed")
		states[other] = errors.New("no connection")
		requireError(t, get(w, "a"), "InternalServiceError", "An error occurred on the server side.")

		// What reads or writes no value needs no key.
		_, err := w.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
		w.delete("a", 7)
		_, err = w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
		states[other] = nil
		require.NoError(t, get(w, "a"))
		require.NoError(t, update(w, "a", good))
		states[other] = secretlife.ErrKMSKeyDisabled
		require.NoError(t, get(w, "a"), "its values are under the other key now")
	})

	// ReplicateSecretToRegions succeeds, and the replica fails.
	t.Run("of replicas", func(t *testing.T) {
		w, states := newKeys(t)
		w.create("a")
		_, err := w.ReplicateSecretToRegions(ctx, secretlife.ReplicateSecretToRegionsInput{SecretID: "a",
			AddReplicaRegions: []secretlife.ReplicaRegion{{Region: "eu-west-1", KMSKeyID: "there"}}})
		require.NoError(t, err)
		status := func() secretlife.Replica {
			t.Helper()
			w.advance(0)
			return w.load("a").Replicas()[0]
		}
		const there = "arn:aws:kms:eu-west-1:123456789012:key/there"
		failed := status()
		require.Equal(t, secretlife.ReplicaFailed, failed.Status)
		require.Equal(t, "Replication failed: "+cantEncrypt+"Key '"+there+
			"' does not exist (Service: AWSKMS; Status Code: 400; Error Code: NotFoundException)", failed.StatusMessage)
		states[there] = errors.New("no connection")
		_, err = w.ReplicateSecretToRegions(ctx, secretlife.ReplicateSecretToRegionsInput{SecretID: "a",
			AddReplicaRegions: []secretlife.ReplicaRegion{{Region: "eu-west-1", KMSKeyID: "there"}}})
		require.NoError(t, err)
		_, err = w.purger.RunDue(ctx)
		require.ErrorContains(t, err, "no connection")
		require.Equal(t, secretlife.ReplicaInProgress, w.load("a").Replicas()[0].Status, "it is tried again")
		states[there] = nil
		w.clock.Set(w.clock.Now().Add(time.Hour))
		require.Equal(t, secretlife.ReplicaInSync, status().Status)
		states[there] = secretlife.ErrKMSAccessDenied
		require.NoError(t, put(w, "a", tokenB))
		require.Equal(t, "Replication failed: Access to KMS is not allowed", status().StatusMessage)
	})
}

// TestReplicaRemovalLag: a replica that was removed was seen on AWS for up to 90 seconds.
func TestReplicaRemovalLag(t *testing.T) {
	w := newWorld(t, func(o *secretlife.Options) { o.Emulate.ReplicaRemovalLag = secretlife.FixedDelay(time.Minute) })
	w.create("a")
	w.replicate("a", false, "eu-west-1")
	w.advance(time.Second)
	there := *w
	there.Manager = w.in("123456789012", "eu-west-1")
	out, err := w.RemoveRegionsFromReplication(ctx, secretlife.RemoveRegionsFromReplicationInput{SecretID: "a",
		RemoveReplicaRegions: []string{"eu-west-1"}})
	require.NoError(t, err)
	require.Empty(t, out.ReplicationStatus, "the primary forgets it at once")

	marked := "You can't perform this operation on the secret because it was marked for deletion."
	_, err = there.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
	requireError(t, err, "InvalidRequestException", marked)
	d, err := there.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
	require.NoError(t, err)
	require.Equal(t, w.clock.Now(), d.DeletedDate)
	require.Empty(t, d.PrimaryRegion)
	_, err = there.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
	require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
	w.replicate("a", true, "eu-west-1")
	w.advance(30 * time.Second)
	require.Equal(t, "Replication failed: Secret name a already exists in region eu-west-1.",
		w.load("a").Replicas()[0].StatusMessage)

	w.advance(30 * time.Second)
	_, err = there.DescribeSecret(ctx, secretlife.SecretInput{SecretID: "a"})
	require.ErrorIs(t, err, secretlife.ErrSecretNotFound)
	w.replicate("a", false, "eu-west-1")
	w.advance(time.Second)
	require.Equal(t, secretlife.ReplicaInSync, w.load("a").Replicas()[0].Status)
}

// TestOwningServices: with Emulate.OwningServices, AWS's services alone change their secrets.
func TestOwningServices(t *testing.T) {
	const owned = "This secret is managed by an AWS service, and you must use that service to update it."
	w := newWorld(t, func(o *secretlife.Options) { o.Emulate.OwningServices = true })
	for _, name := range []string{"rds!db-1", "own"} {
		w.create(name)
		description := "d"
		moved := secretlife.UpdateSecretVersionStageInput{SecretID: name, VersionStage: "X", MoveToVersionID: tokenA}
		for what, call := range map[string]func() error{
			"UpdateSecret": func() error {
				_, err := w.UpdateSecret(ctx, secretlife.UpdateSecretInput{SecretID: name, Description: &description})
				return err
			},
			"PutSecretValue": func() error {
				_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: name,
					ClientRequestToken: tokenB, Value: secretlife.SecretString("x")})
				return err
			},
			"UpdateSecretVersionStage": func() error { _, err := w.UpdateSecretVersionStage(ctx, moved); return err },
		} {
			before := w.load(name)
			if err := call(); name == "own" {
				require.NoError(t, err, what)
			} else {
				requireError(t, err, "InvalidRequestException", owned)
				require.ErrorIs(t, err, secretlife.ErrOwnedByService)
				require.Equal(t, before, w.load(name), "a refusal changes nothing")
			}
		}
		_, err := w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name, ForceDeleteWithoutRecovery: true})
		if name == "own" {
			require.NoError(t, err)
			continue
		}
		requireError(t, err, "InvalidRequestException", owned)

		// The rest works as with any other secret (floci-io/floci #2378, rebuy-de/aws-nuke #1204).
		_, err = w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: name})
		require.NoError(t, err)
		w.delete(name, 7)
		requireError(t, func() error {
			_, err := w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: name, ForceDeleteWithoutRecovery: true})
			return err
		}(), "InvalidRequestException", owned)
		_, err = w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: name})
		require.NoError(t, err)
	}
}

// TestReadAfterForcedDeletion: on AWS a value read in the minute or two after a forced
// deletion was seen to be refused so (ericmann/secrets-api). PurgeDelay does that.
func TestReadAfterForcedDeletion(t *testing.T) {
	w := newWorld(t, func(o *secretlife.Options) { o.Emulate.PurgeDelay = secretlife.FixedDelay(time.Minute) })
	w.create("a")
	w.delete("a", 0)
	get := func() error {
		_, err := w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "a"})
		return err
	}
	w.advance(time.Minute - time.Millisecond)
	requireError(t, get(), "InvalidRequestException",
		"You can't perform this operation on the secret because it was marked for deletion.")
	w.advance(time.Millisecond)
	requireError(t, get(), "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

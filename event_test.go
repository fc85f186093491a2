package secretlife_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/memstore"
)

func TestEvent(t *testing.T) {
	t.Run("of a secret from creation to purge", func(t *testing.T) {
		ch, err := secretlife.NewSecret(atStart, creation(t))
		require.NoError(t, err)
		require.Equal(t, []string{"CreateSecret"}, names(ch))

		s := put(t, next(t, ch), tokenB)
		c, err := s.Delete(atStart, windowOf(t, 7), 0)
		require.NoError(t, err)
		require.Equal(t, []string{"DeleteSecret", "StartSecretVersionDelete", "StartSecretVersionDelete"}, names(c))
		marked := next(t, c)

		c, err = marked.Restore(atStart)
		require.NoError(t, err)
		require.Equal(t, []string{"RestoreSecret", "CancelSecretVersionDelete", "CancelSecretVersionDelete"}, names(c))

		c, err = marked.Delete(atStart, byForce(t), 0)
		require.NoError(t, err)
		require.Equal(t, []string{"DeleteSecret"}, names(c), "its versions' deletion has started before")

		c, err = next(t, c).Purge(atStart)
		require.NoError(t, err)
		require.Equal(t, []string{"EndSecretVersionDelete", "EndSecretVersionDelete", "SecretPurged"}, names(c))
		for _, e := range c.Events() {
			require.Equal(t, marked.Revision()+2, e.Revision())
			require.Equal(t, marked.ARN(), e.ARN())
			require.Equal(t, marked.Incarnation(), e.Incarnation())
			_, isCall := e.Operation()
			require.False(t, isCall)
		}

		empty := born(t, func(c *secretlife.Creation) { c.Value, c.VersionID = secretlife.Value{}, secretlife.VersionID{} })
		c, err = empty.Delete(atStart, byForce(t), 0)
		require.NoError(t, err)
		require.Equal(t, []string{"DeleteSecret"}, names(c), "no versions, no version events")
	})

	// No other event has one, nor has a call that was refused.
	t.Run("only DeleteSecret has a DeletionDate", func(t *testing.T) {
		w := newWorld(t)
		w.create("a")
		w.delete("a", 7)
		_, err := w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: "a"})
		require.Error(t, err)
		_, err = w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: "a"})
		require.NoError(t, err)
		w.delete("a", 30)
		w.advance(30 * aDay)
		var dates []time.Time
		for _, e := range w.sunk {
			if date, ok := e.DeletionDate(); ok {
				require.Equal(t, "DeleteSecret", e.Name())
				dates = append(dates, date)
			} else {
				require.Zero(t, date)
			}
		}
		require.Equal(t, []time.Time{start.Add(7 * aDay), start.Add(30 * aDay)}, dates)
	})

	t.Run("ids are unique and repeatable", func(t *testing.T) {
		ids := func() map[string]bool {
			out := map[string]bool{}
			c, err := put(t, born(t), tokenB).Delete(atStart, windowOf(t, 7), 0)
			require.NoError(t, err)
			for _, e := range c.Events() {
				require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, e.ID())
				out[e.ID()] = true
			}
			require.Len(t, out, 3)
			return out
		}
		once, again := ids(), ids()
		require.Equal(t, once, again)
	})

	// Two gaps that are confirmed in one millisecond have two events.
	t.Run("ids of operator events", func(t *testing.T) {
		ids := map[string]bool{}
		for _, request := range []string{`{"gap":3}`, `{"gap":4}`, `{"gap":3,"passed":"1h0m0s"}`} {
			var e secretlife.Event
			require.NoError(t, json.Unmarshal(
				[]byte(`{"eventName":"ConfirmGap","recipientAccountId":"123456789012","requestParameters":`+request+`}`), &e))
			ids[e.ID()] = true
		}
		require.Len(t, ids, 3)
	})

	t.Run("JSON round trip", func(t *testing.T) {
		c, err := put(t, born(t), tokenB).Delete(atStart, windowOf(t, 7), 0)
		require.NoError(t, err)
		for i, e := range c.Events() {
			e = e.WithSeq(uint64(i + 1))
			data, err := json.Marshal(e)
			require.NoError(t, err)
			var back secretlife.Event
			require.NoError(t, json.Unmarshal(data, &back))
			again, err := json.Marshal(back)
			require.NoError(t, err)
			require.JSONEq(t, string(data), string(again))
			require.Equal(t, e.ID(), back.ID())
			require.Equal(t, e.Key(), back.Key())
			require.Equal(t, e.Seq(), back.Seq())
		}
		for _, bad := range []string{`{`, `{"eventName":"Nothing"}`, `{"eventName":"DeleteSecret","secretlife":{"arn":"x"}}`,
			`{"eventName":"DeleteSecret","secretlife":{"arn":"arn:aws:secretsmanager:us-east-1:123456789012:secret:a-abcdef",` +
				`"incarnation":"x"}}`} {
			require.Error(t, new(secretlife.Event).UnmarshalJSON([]byte(bad)), bad)
		}
		require.True(t, secretlife.Event{}.Key().IsZero())
		require.True(t, secretlife.Event{}.Incarnation().IsZero())
		require.True(t, secretlife.Event{}.ARN().IsZero())
	})
}

func TestCloudTrail(t *testing.T) {
	t.Run("service event", func(t *testing.T) {
		c, err := born(t).Delete(atStart, windowOf(t, 7), 0)
		require.NoError(t, err)
		e := c.Events()[1].WithSeq(7)
		var got map[string]any
		data, err := json.Marshal(e)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(data, &got))
		arn := born(t).ARN().String()
		require.Equal(t, map[string]any{"accountId": "123456789012", "invokedBy": "secretsmanager.amazonaws.com"},
			got["userIdentity"])
		require.Equal(t, "AwsServiceEvent", got["eventType"])
		require.Equal(t, "StartSecretVersionDelete", got["eventName"])
		require.Equal(t, "2018-04-03T17:51:02Z", got["eventTime"])
		require.Equal(t, map[string]any{"SecretId": arn, "SecretVersionId": tokenA}, got["additionalEventData"])
		require.Nil(t, got["requestParameters"])
		require.Nil(t, got["responseElements"])
		require.Equal(t, false, got["readOnly"])
		require.Contains(t, e.String(), "StartSecretVersionDelete "+arn)
	})

	// The record has what was asked for, but not the value; other members are absent.
	t.Run("requests", func(t *testing.T) {
		type members = map[string]any
		later := false
		for name, c := range map[string]struct {
			call func(*world) error
			want members
		}{
			"CreateSecret with no more than a name": {
				func(w *world) error {
					_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "b"})
					return err
				},
				members{"name": "b", "forceOverwriteReplicaSecret": false},
			},
			"CreateSecret with all": {
				func(w *world) error {
					_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{
						Name: "b", ClientRequestToken: tokenB, Value: secretlife.SecretString(hidden), Description: "what", KMSKeyID: "k",
						Tags: []secretlife.Tag{{Key: "a", Value: "1"}},
					})
					return err
				},
				members{"name": "b", "clientRequestToken": tokenB, "description": "what", "kmsKeyId": "k",
					"tags": []any{members{"key": "a", "value": "1"}}, "forceOverwriteReplicaSecret": false},
			},
			"RotateSecret with all": {
				func(w *world) error {
					return w.rotate(tokenB, func(in *secretlife.RotateSecretInput) { in.RotateImmediately = &later },
						rules(secretlife.RotationRules{ScheduleExpression: "rate(10 days)", Duration: "3h"}))
				},
				members{
					"secretId": "s", "clientRequestToken": tokenB, "rotationLambdaARN": function, "rotateImmediately": false,
					"rotationRules": members{"scheduleExpression": "rate(10 days)", "duration": "3h"},
				},
			},
			"RotateSecret by days": {
				func(w *world) error {
					return w.rotate(tokenB, rules(secretlife.RotationRules{AutomaticallyAfterDays: 7}))
				},
				members{"secretId": "s", "clientRequestToken": tokenB, "rotationLambdaARN": function,
					"rotationRules": members{"automaticallyAfterDays": 7.0}},
			},
			"RotateSecret as before": {
				func(w *world) error {
					if err := w.rotate(tokenB); err != nil {
						return err
					}
					w.advance(0)
					return w.rotate(tokenC, func(in *secretlife.RotateSecretInput) { in.RotationLambdaARN = "" })
				},
				members{"secretId": "s", "clientRequestToken": tokenC},
			},
			"UpdateSecretVersionStage": {
				func(w *world) error {
					_, err := w.UpdateSecretVersionStage(ctx, secretlife.UpdateSecretVersionStageInput{SecretID: "s",
						VersionStage: "blue", MoveToVersionID: tokenA})
					return err
				},
				members{"secretId": "s", "versionStage": "blue", "moveToVersionId": tokenA},
			},
			"DeleteSecret by force": {
				func(w *world) error { w.delete("s", 0); return nil },
				members{"secretId": "s", "forceDeleteWithoutRecovery": true},
			},
		} {
			t.Run(name, func(t *testing.T) {
				w, _ := newRotating(t)
				require.NoError(t, c.call(w))
				var last map[string]any
				for _, e := range w.events() {
					if _, isCall := e.Operation(); isCall {
						last = trail(t, e)
					}
				}
				require.Equal(t, c.want, last["requestParameters"])
			})
		}
	})

	// Whatever a call says is in its record, under the name of the API in lower camel case, but
	// for what is secret.
	t.Run("every member of every request", func(t *testing.T) {
		for _, op := range secretlife.Operations() {
			w, o := observe(t, memstore.New())
			method := reflect.ValueOf(w.Manager).MethodByName(op.String())
			in := reflect.New(method.Type().In(1)).Elem()
			fill(in)
			method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
			data, err := json.Marshal(o.calls[0].Event())
			require.NoError(t, err)
			require.NotContains(t, string(data), hidden)
			var record struct{ RequestParameters map[string]any }
			require.NoError(t, json.Unmarshal(data, &record))
			want := membersOf(in.Type())
			if op == secretlife.OpCreateSecret {
				require.Equal(t, true, record.RequestParameters["forceOverwriteReplicaSecret"])
			}
			require.ElementsMatch(t, want, slices.Collect(maps.Keys(record.RequestParameters)), op.String())
		}
	})

	t.Run("callers", func(t *testing.T) {
		for _, c := range []struct {
			who      secretlife.Caller
			identity map[string]any
			source   string
		}{
			{secretlife.Caller{}, map[string]any{"type": "AWSAccount"}, "127.0.0.1"},
			{secretlife.Caller{AccessKeyID: "AKIDANN", SourceIP: "2001:db8::1"},
				map[string]any{"type": "AWSAccount", "accessKeyId": "AKIDANN"}, "2001:db8::1"},
			{secretlife.Caller{Principal: "arn:aws:iam::123456789012:user/ann"},
				map[string]any{"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/ann"}, "127.0.0.1"},
			{secretlife.Caller{Principal: "arn:aws:sts::123456789012:assumed-role/r/ann"},
				map[string]any{"type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/r/ann"}, "127.0.0.1"},
			{secretlife.Caller{Principal: "arn:aws:iam::123456789012:root"},
				map[string]any{"type": "Root", "arn": "arn:aws:iam::123456789012:root"}, "127.0.0.1"},
			{secretlife.Caller{Principal: "ann"}, map[string]any{"type": "AWSAccount", "userName": "ann"}, "127.0.0.1"},
		} {
			w := newWorld(t)
			_, err := w.CreateSecret(secretlife.WithCaller(ctx, c.who), secretlife.CreateSecretInput{Name: "a"})
			require.NoError(t, err)
			e := w.events()[0]
			require.Equal(t, c.who, e.Caller())
			require.Equal(t, c.who, eventThroughBinary(t, e).Caller())
			got := trail(t, e)
			c.identity["accountId"] = "123456789012"
			require.Equal(t, c.identity, got["userIdentity"])
			require.Equal(t, c.source, got["sourceIPAddress"])
		}
	})

	t.Run("DeleteSecret", func(t *testing.T) {
		w := newWorld(t)
		a := w.create("MyDatabaseSecret")
		w.delete("MyDatabaseSecret", 30)
		data, err := json.Marshal(w.events()[1])
		require.NoError(t, err)
		var got map[string]any
		require.NoError(t, json.Unmarshal(data, &got))
		require.Equal(t, map[string]any{"recoveryWindowInDays": 30.0, "secretId": "MyDatabaseSecret"},
			got["requestParameters"])
		require.Equal(t, map[string]any{"name": "MyDatabaseSecret", "deletionDate": "May 3, 2018 5:51:02 PM", "aRN": a.ARN},
			got["responseElements"])
		require.Equal(t, "2018-04-03T17:51:02Z", got["eventTime"])
		require.Equal(t, "AwsApiCall", got["eventType"])

		var back secretlife.Event
		require.NoError(t, json.Unmarshal(data, &back))
		again, err := json.Marshal(back)
		require.NoError(t, err)
		require.JSONEq(t, string(data), string(again))
	})

	// The record is that of the account that called.
	t.Run("calls of other accounts", func(t *testing.T) {
		w := newWorld(t)
		key := "k"
		arn := w.create("a", func(in *secretlife.CreateSecretInput) { in.KMSKeyID = key }).ARN
		_, err := w.PutResourcePolicy(ctx, secretlife.PutResourcePolicyInput{SecretID: "a", ResourcePolicy: somePolicy})
		require.NoError(t, err)
		_, err = w.in("210987654321", "us-east-1").PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: arn,
			Value: secretlife.SecretString("x")})
		require.NoError(t, err)
		all := w.events()
		for i, account := range map[int]string{0: "123456789012", len(all) - 1: "210987654321"} {
			got := trail(t, all[i])
			require.Equal(t, account, got["recipientAccountId"])
			require.Equal(t, map[string]any{"type": "AWSAccount", "accountId": account}, got["userIdentity"])
		}
	})

	// The request's id tells which rotation it was, as the user guide's RotationFailed record has
	// it.
	t.Run("rotations", func(t *testing.T) {
		w, _ := newRotating(t)
		require.NoError(t, w.rotate(tokenB))
		w.advance(0)
		told := 0
		require.Equal(t, "RotationSucceeded", w.sunk[len(w.sunk)-1].Name(), "the sink hears of it, too")
		for _, e := range w.events() {
			if e.Name() == "RotationStarted" || e.Name() == "RotationSucceeded" {
				told++
				got := trail(t, e)
				require.Equal(t, "Rotation-"+e.ARN().String()+"-"+e.ID(), got["requestID"])
				require.Equal(t, map[string]any{"SecretId": e.ARN().String()}, got["additionalEventData"])
			}
		}
		require.Equal(t, 2, told)
	})

	t.Run("operator event", func(t *testing.T) {
		e := gapEvent(t)
		data, err := json.Marshal(e)
		require.NoError(t, err)
		var got map[string]any
		require.NoError(t, json.Unmarshal(data, &got))
		require.Equal(t, "ConfirmGap", got["eventName"])
		require.Equal(t, "AwsApiCall", got["eventType"])
		require.Equal(t, false, got["readOnly"])
		require.Equal(t, map[string]any{"type": "Unknown", "accountId": "123456789012", "userName": "ada on db1"},
			got["userIdentity"])
		request, ok := got["requestParameters"].(map[string]any)
		require.True(t, ok)
		require.Positive(t, request["gap"])
		require.Equal(t, "216h0m0s", request["passed"])
		require.NotContains(t, got, "errorCode")

		var back secretlife.Event
		require.NoError(t, json.Unmarshal(data, &back))
		require.Equal(t, e, back)
		require.Equal(t, e, eventThroughBinary(t, e))
		for _, bad := range []string{
			`{"eventName":"ConfirmGap","requestParameters":{"gap":-1}}`,
			`{"eventName":"ConfirmGap","requestParameters":{"gap":1,"passed":"long"}}`,
		} {
			require.Error(t, new(secretlife.Event).UnmarshalJSON([]byte(bad)), bad)
		}
	})
}

// fill gives every field of a request a value.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[secretlife.Value]() {
			v.Set(reflect.ValueOf(secretlife.SecretString(hidden)))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	default:
		v.SetInt(9)
	}
}

// membersOf are the names of a request's members in CloudTrail.
func membersOf(in reflect.Type) []string {
	var out []string
	for i := range in.NumField() {
		name := strings.NewReplacer("ID", "Id", "KMS", "Kms", "RoleARN", "RoleArn").Replace(in.Field(i).Name)
		if name != "Value" && name != "RotationToken" {
			out = append(out, strings.ToLower(name[:1])+name[1:])
		}
	}
	return out
}

// trail is what CloudTrail would show of an event.
func trail(t *testing.T, e secretlife.Event) map[string]any {
	t.Helper()
	data, err := json.Marshal(e)
	require.NoError(t, err)
	var back secretlife.Event
	require.NoError(t, json.Unmarshal(data, &back))
	again, err := json.Marshal(back)
	require.NoError(t, err)
	require.JSONEq(t, string(data), string(again))
	var out map[string]any
	require.NoError(t, json.Unmarshal(data, &out))
	return out
}

func TestChange(t *testing.T) {
	// What no sequence of operations could lead to is refused with an error that blames the
	// caller, so that no store can be asked to keep it.
	t.Run("illegal decisions are refused", func(t *testing.T) {
		refused := func(t *testing.T, c secretlife.Change, err error) {
			t.Helper()
			require.Error(t, err)
			require.True(t, c.IsZero())
		}
		for name, edit := range map[string]func(*secretlife.Creation){
			"no ARN": func(c *secretlife.Creation) { c.ARN = secretlife.ARN{} },
			"another partition": func(c *secretlife.Creation) {
				c.ARN = secretlife.Must(secretlife.ParseARN(strings.Replace(c.ARN.String(), "arn:aws:", "arn:aws-cn:", 1)))
			},
			"no incarnation":         func(c *secretlife.Creation) { c.Incarnation = secretlife.Incarnation{} },
			"a value and no version": func(c *secretlife.Creation) { c.VersionID = secretlife.VersionID{} },
			"a version and no value": func(c *secretlife.Creation) { c.Value = secretlife.Value{} },
			"a value that is empty":  func(c *secretlife.Creation) { c.Value = secretlife.SecretString("") },
			"a value not in UTF-8":   func(c *secretlife.Creation) { c.Value = secretlife.SecretString("\xff") },
			"a tag without key":      func(c *secretlife.Creation) { c.Tags = []secretlife.Tag{{}} },
			"a Region of no name":    func(c *secretlife.Creation) { c.Replicas = []secretlife.Replica{{}} },
		} {
			t.Run("NewSecret/"+name, func(t *testing.T) {
				c := creation(t)
				edit(&c)
				ch, err := secretlife.NewSecret(atStart, c)
				refused(t, ch, err)
			})
		}
		s := born(t)
		a, b := version(t, tokenA), version(t, tokenB)
		value := secretlife.SecretString("x")
		for name, decide := range map[string]func() (secretlife.Change, error){
			"PutValue/no id": func() (secretlife.Change, error) {
				return s.PutValue(atStart, secretlife.VersionID{},
					value, nil)
			},
			"PutValue/no value":  func() (secretlife.Change, error) { return s.PutValue(atStart, b, secretlife.Value{}, nil) },
			"PutValue/a used id": func() (secretlife.Change, error) { return s.PutValue(atStart, a, value, nil) },
			"PutValue/an empty label": func() (secretlife.Change, error) {
				return s.PutValue(atStart, b, value,
					[]secretlife.Stage{""})
			},
			"Update/a value without id": func() (secretlife.Change, error) {
				return s.Update(atStart, secretlife.Update{Value: value})
			},
			"Update/a used id": func() (secretlife.Change, error) {
				return s.Update(atStart, secretlife.Update{Value: value, VersionID: a})
			},
			"MoveStage/no label": func() (secretlife.Change, error) {
				return s.MoveStage(atStart, "", secretlife.VersionID{}, a)
			},
			"AddReplicas/no Region": func() (secretlife.Change, error) {
				return s.AddReplicas(atStart, []secretlife.Replica{{}}, false)
			},
			"AddReplicas/a status": func() (secretlife.Change, error) {
				return s.AddReplicas(atStart, []secretlife.Replica{{
					Region: regionOf(t, "eu-west-1"), Status: secretlife.ReplicaInSync}}, false)
			},
			"Tag/no key":       func() (secretlife.Change, error) { return s.Tag(atStart, []secretlife.Tag{{}}) },
			"PutPolicy/none":   func() (secretlife.Change, error) { return s.PutPolicy(atStart, secretlife.Policy{}, false) },
			"Delete/no window": func() (secretlife.Change, error) { return s.Delete(atStart, secretlife.Window(31), 0) },
			"Delete/no time": func() (secretlife.Change, error) {
				return s.Delete(secretlife.At{},
					secretlife.DeletionMode{}, 0)
			},
			"PutValue/no time": func() (secretlife.Change, error) { return s.PutValue(secretlife.At{}, b, value, nil) },
		} {
			t.Run(name, func(t *testing.T) {
				c, err := decide()
				refused(t, c, err)
			})
		}
	})

	// A value that is forged in what Values returns is not written.
	t.Run("values cannot be forged", func(t *testing.T) {
		store := memstore.New()
		c, err := secretlife.NewSecret(atStart, creation(t))
		require.NoError(t, err)
		c.Values()[0].Value = secretlife.SecretString("forged")
		c.Events()[0] = secretlife.Event{}
		c.AppendEvents(nil)[0] = secretlife.Event{}
		require.Equal(t, append([]secretlife.Event{{}}, c.Events()...), c.AppendEvents(make([]secretlife.Event, 1, 9)))
		_, err = store.Commit(ctx, secretlife.BatchOf(c))
		require.NoError(t, err)
		next := c.Next()
		got, err := store.Value(ctx, next.Key(), next.Incarnation(), version(t, tokenA))
		require.NoError(t, err)
		require.NotEqual(t, "forged", got.Reveal())
		events, err := store.Events(ctx, 0, 10)
		require.NoError(t, err)
		require.Equal(t, "CreateSecret", events[0].Name())
	})

	t.Run("the zero Change does not purge", func(t *testing.T) {
		require.False(t, secretlife.Change{}.Purges())
		s := born(t)
		c, err := s.Restore(atStart) // it is active
		require.NoError(t, err)
		require.False(t, c.Purges())
		forced := then(t)(s.Delete(atStart, byForce(t), 0))
		c, err = forced.Purge(atStart)
		require.NoError(t, err)
		require.True(t, c.Purges())
	})
}

// asAda is the context of an operator.
var asAda = secretlife.WithCaller(ctx, secretlife.Caller{Principal: "ada on db1"})

// gapEvent is the event of a confirmation.
func gapEvent(t testing.TB) secretlife.Event {
	t.Helper()
	w := newGapWorld(t)
	_, err := w.ConfirmGap(asAda, w.gap.Number, 9*aDay, "")
	require.NoError(t, err)
	return w.lastEvents(t, 1)[0]
}

// TestAudit checks that nothing is changed without an audit record, and that every change has
// one.
func TestAudit(t *testing.T) {
	var records []secretlife.Event
	broken := errors.New("the audit log is full")
	var fail error
	w := newWorld(t, func(o *secretlife.Options) {
		o.Audit = func(_ context.Context, events []secretlife.Event) error {
			if fail != nil {
				return fail
			}
			records = append(records, events...)
			return nil
		}
	})
	for _, name := range []string{"a", "b", "forced", "another", "third"} {
		w.create(name)
	}
	w.delete("b", 7)
	w.delete("forced", 0)
	w.delete("another", 0)
	require.Len(t, w.events(), len(records))

	fail = broken
	before := w.events()
	states := map[string]secretlife.State{}
	for _, name := range []string{"a", "b", "forced", "another", "third"} {
		states[name] = w.load(name).State()
	}
	id := func(name string) string { return name }
	for name, call := range map[string]func() error{
		"CreateSecret": func() error {
			_, err := w.CreateSecret(ctx, secretlife.CreateSecretInput{Name: "new", Value: secretlife.SecretString("x")})
			return err
		},
		"DeleteSecret": func() error {
			_, err := w.DeleteSecret(ctx, secretlife.DeleteSecretInput{SecretID: id("a")})
			return err
		},
		"RestoreSecret": func() error {
			_, err := w.RestoreSecret(ctx, secretlife.SecretInput{SecretID: id("b")})
			return err
		},
		"PutSecretValue": func() error {
			_, err := w.PutSecretValue(ctx, secretlife.PutSecretValueInput{SecretID: id("a"),
				Value: secretlife.SecretString("y")})
			return err
		},
		"TagResource": func() error {
			return w.TagResource(ctx, secretlife.TagResourceInput{SecretID: "a", Tags: []secretlife.Tag{{Key: "k"}}})
		},
	} {
		err := call()
		require.ErrorIs(t, err, broken, name)
		requireError(t, err, "InternalServiceError", "An error occurred on the server side.")
	}
	report, err := w.purger.RunDue(ctx)
	require.ErrorIs(t, err, broken)
	require.Empty(t, report)
	require.Equal(t, before, w.events())
	for name, state := range states {
		require.Equal(t, state, w.load(name).State(), name)
	}
	_, err = w.GetSecretValue(ctx, secretlife.GetSecretValueInput{SecretID: "third"})
	require.NoError(t, err, "reading a value is no change")

	fail = nil
	require.Len(t, w.advance(aDay).Purged(), 2)
	require.Len(t, w.events(), len(records))
}

func TestEventsTellWhoAndHow(t *testing.T) {
	at := atStart
	at.Account = secretlife.Must(secretlife.ParseAccount("210987654321"))
	c, err := born(t).Delete(at, secretlife.Window(9), 0)
	require.NoError(t, err)
	e := c.Events()[0]
	require.Equal(t, secretlife.EventKind(secretlife.OpDeleteSecret), e.Kind())
	require.Equal(t, at.Account, e.CallerAccount())
	mode, ok := e.DeletionMode()
	require.True(t, ok)
	require.Equal(t, secretlife.Window(9), mode)
	_, ok = c.Events()[1].DeletionMode()
	require.False(t, ok)
	require.Equal(t, secretlife.EventStartSecretVersionDelete, c.Events()[1].Kind())
	require.Equal(t, born(t).Key().Account, c.Events()[1].CallerAccount())

	updated, err := born(t).Update(at, secretlife.Update{})
	require.NoError(t, err)
	require.Equal(t, at.Account, updated.Events()[0].CallerAccount())
	forced, err := born(t).Delete(atStart, secretlife.Force(), 0)
	require.NoError(t, err)
	mode, _ = forced.Events()[0].DeletionMode()
	require.True(t, mode.Forced())
}

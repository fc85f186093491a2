package secretlife

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// record is a CloudTrail record, as the Secrets Manager user guide shows them.
// The member secretlife is our own: what CloudTrail has no place for.
type record struct {
	EventVersion        string         `json:"eventVersion"`
	UserIdentity        map[string]any `json:"userIdentity"`
	EventTime           string         `json:"eventTime"`
	EventSource         string         `json:"eventSource"`
	EventName           string         `json:"eventName"`
	AWSRegion           string         `json:"awsRegion"`
	SourceIPAddress     string         `json:"sourceIPAddress"`
	UserAgent           string         `json:"userAgent"`
	ErrorCode           string         `json:"errorCode,omitempty"`
	ErrorMessage        string         `json:"errorMessage,omitempty"`
	RequestParameters   map[string]any `json:"requestParameters"`
	ResponseElements    map[string]any `json:"responseElements"`
	AdditionalEventData map[string]any `json:"additionalEventData,omitempty"`
	RequestID           string         `json:"requestID"`
	EventID             string         `json:"eventID"`
	ReadOnly            bool           `json:"readOnly"`
	EventType           string         `json:"eventType"`
	ManagementEvent     bool           `json:"managementEvent"`
	RecipientAccountID  string         `json:"recipientAccountId"`
	EventCategory       string         `json:"eventCategory"`
	Own                 ownRecord      `json:"secretlife"`
}

type ownRecord struct {
	Seq         uint64 `json:"seq"`
	Unsaved     uint64 `json:"unsaved,omitempty"`
	TimeMillis  int64  `json:"timeMillis"`
	Revision    uint64 `json:"revision"`
	Incarnation string `json:"incarnation,omitempty"`
	Created     int64  `json:"createdMillis,omitempty"`
	Name        string `json:"name"`
	ARN         string `json:"arn,omitempty"`
	VersionID   string `json:"versionId,omitempty"`
	Index       uint8  `json:"index,omitempty"`
	Due         int64  `json:"deletionDateMillis,omitempty"`
}

const (
	eventSource = "secretsmanager.amazonaws.com"
	// trailDate is how the user guide's DeleteSecret record writes a date.
	trailDate = "Jan 2, 2006 3:04:05 PM"
)

// MarshalJSON writes the event as a CloudTrail record. Members of the request
// are in lower camel case, unset ones absent. The response of DeleteSecret has
// name, aRN and the deletion date as text, that of other changes the ARN; reads and
// refused calls have none. Secret values are never there.
// Beside CloudTrail's members there is one called secretlife, with the place in
// the store's order and the exact time.
func (e Event) MarshalJSON() ([]byte, error) {
	key := e.Key()
	r := record{
		EventVersion:       "1.11",
		EventTime:          e.Time().Format("2006-01-02T15:04:05Z"),
		EventSource:        eventSource,
		EventName:          e.Name(),
		AWSRegion:          key.Region.s,
		SourceIPAddress:    eventSource,
		UserAgent:          eventSource,
		UserIdentity:       map[string]any{"accountId": key.Account.s, "invokedBy": eventSource},
		EventID:            e.ID(),
		ManagementEvent:    true,
		EventType:          "AwsServiceEvent",
		RecipientAccountID: key.Account.s,
		EventCategory:      "Management",
		Own:                e.own(),
	}
	r.RequestID = r.EventID
	switch op, ok := e.Operation(); {
	case ok:
		e.describeCall(&r, op)
	case e.kind.isOperator():
		e.describeOperator(&r)
	default:
		e.describeService(&r)
	}
	return json.Marshal(r)
}

// describeService fills in what an event of the service's own has.
func (e Event) describeService(r *record) {
	r.AdditionalEventData = map[string]any{"SecretId": e.ARN().String()}
	r.ErrorMessage = e.ErrorMessage()
	if e.kind.isRotation() { // as the user guide's RotationFailed record has it
		r.RequestID = "Rotation-" + e.ARN().String() + "-" + r.EventID
	} else if id, ok := e.VersionID(); ok {
		r.AdditionalEventData["SecretVersionId"] = id.s
	}
}

// describeOperator fills in what an event of an operator has. CloudTrail has no
// such event; the shape is that of an API call.
func (e Event) describeOperator(r *record) {
	c := e.call
	if c == nil {
		c = &call{gap: &gapCall{}}
	}
	r.UserIdentity = map[string]any{"type": "Unknown", "accountId": r.RecipientAccountID, "userName": c.gap.by}
	r.SourceIPAddress, r.UserAgent, r.EventType = "127.0.0.1", "secretlife", "AwsApiCall"
	r.RequestParameters = map[string]any{"gap": c.gap.number}
	if c.gap.passed != 0 {
		r.RequestParameters["passed"] = c.gap.passed.String()
	}
	if c.refused != nil {
		r.ErrorCode, r.ErrorMessage = c.refused.code, c.refused.message
	}
}

func (e Event) own() ownRecord {
	o := ownRecord{
		Seq:        e.seq,
		Unsaved:    e.Unsaved(),
		TimeMillis: e.Time().UnixMilli(),
		Revision:   e.revision,
		Name:       e.Key().Name.s,
		ARN:        e.ARN().String(),
		VersionID:  e.version.s,
		Index:      e.index,
	}
	if inc := e.Incarnation(); !inc.IsZero() {
		o.Incarnation = inc.String()
		o.Created = e.on.created.time().UnixMilli()
	}
	if e.call != nil && e.call.due.set() {
		o.Due = e.call.due.time().UnixMilli()
	}
	return o
}

// describeCall fills in what an operation's record has and others don't.
func (e Event) describeCall(r *record, op Operation) {
	c := e.call
	if c == nil {
		c = &call{}
	}
	if c.caller.s != "" {
		r.RecipientAccountID = c.caller.s
	}
	who := e.Caller()
	r.UserIdentity = who.identity(r.RecipientAccountID)
	r.SourceIPAddress, r.UserAgent = localhost, "secretlife"
	if who.SourceIP != "" {
		r.SourceIPAddress = who.SourceIP
	}
	r.EventType, r.ReadOnly = "AwsApiCall", op.ReadOnly()
	r.RequestParameters = e.requestParameters(op, c)
	if c.refused != nil {
		r.ErrorCode, r.ErrorMessage = c.refused.code, c.refused.message
		return
	}
	r.ResponseElements = e.responseElements(op, c)
}

// overwriteMember is a member that the record of a CreateSecret always has.
const overwriteMember = "forceOverwriteReplicaSecret"

// localhost is where calls come from that did not come over a network.
const localhost = "127.0.0.1"

// identity is the userIdentity of a caller who acts for an account.
func (w Caller) identity(account string) map[string]any {
	id := map[string]any{"type": "AWSAccount", "accountId": account}
	if w.AccessKeyID != "" {
		id["accessKeyId"] = w.AccessKeyID
	}
	switch {
	case strings.HasPrefix(w.Principal, "arn:"):
		id["arn"] = w.Principal
		for part, kind := range map[string]string{
			":user/": "IAMUser", ":assumed-role/": "AssumedRole", ":federated-user/": "FederatedUser",
		} {
			if strings.Contains(w.Principal, part) {
				id["type"] = kind
			}
		}
		if strings.HasSuffix(w.Principal, ":root") {
			id["type"] = "Root"
		}
	case w.Principal != "":
		id["userName"] = w.Principal
	}
	return id
}

// responseElements are what CloudTrail shows of a change that succeeded. Those of
// DeleteSecret are in the user guide, those of CreateSecret and PutSecretValue are reported.
func (e Event) responseElements(op Operation, c *call) map[string]any {
	switch {
	case op.ReadOnly() || op == OpTagResource || op == OpUntagResource || e.ARN().IsZero():
		return nil
	case op != OpDeleteSecret && op != OpRestoreSecret:
		return map[string]any{"arn": e.ARN().String()}
	}
	out := map[string]any{"name": e.Key().Name.s, "aRN": e.ARN().String()}
	if c.due.set() { // by DeleteSecret
		out["deletionDate"] = c.due.time().Format(trailDate)
	}
	return out
}

func (e Event) requestParameters(op Operation, c *call) map[string]any {
	p := map[string]any{}
	if op == OpCreateSecret {
		p["name"], p[overwriteMember] = e.Key().Name.s, false
		if c.secretID != "" { // of a refused call
			p["name"] = c.secretID
		}
	} else if c.secretID != "" {
		p["secretId"] = c.secretID
	}
	if !e.version.IsZero() && !op.ReadOnly() {
		p["clientRequestToken"] = e.version.s
	} else if c.token != "" {
		p["clientRequestToken"] = c.token
	}
	if c.days != 0 {
		p["recoveryWindowInDays"] = c.days
	}
	if c.force {
		p["forceDeleteWithoutRecovery"] = true
	}
	for _, x := range c.params {
		p[x.name] = x.value
	}
	return p
}

// UnmarshalJSON reads what [Event.MarshalJSON] wrote, for stores that keep
// events as JSON.
func (e *Event) UnmarshalJSON(data []byte) error {
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return err
	}
	out := Event{
		seq:      r.Own.Seq,
		revision: r.Own.Revision,
		at:       momentAt(r.Own.TimeMillis),
		index:    r.Own.Index,
		version:  VersionID{r.Own.VersionID},
	}
	var ok bool
	if out.kind, ok = kindOf(r.EventName); !ok {
		return fmt.Errorf("secretlife: unknown event %q", r.EventName)
	}
	id, err := r.identity()
	if err != nil {
		return err
	}
	out.on = id
	switch {
	case out.kind.isOperation():
		out.call = r.call()
	case out.kind.isOperator():
		if out.call, err = r.operatorCall(); err != nil {
			return err
		}
	case r.ErrorMessage != "":
		out.call = &call{refused: &refusal{message: r.ErrorMessage}}
	}
	*e = out
	return nil
}

func kindOf(name string) (EventKind, bool) {
	if op, ok := operationByName[name]; ok {
		return EventKind(op), true
	}
	for k, n := range kindNames {
		if n == name {
			return k, true
		}
	}
	return 0, false
}

func (r record) identity() (*identity, error) {
	if r.Own.ARN == "" {
		return &identity{
			scope: scopeOf(Account{r.RecipientAccountID}, Region{r.AWSRegion}),
			name:  Name{r.Own.Name},
		}, nil
	}
	arn, err := ParseARN(r.Own.ARN)
	if err != nil {
		return nil, err
	}
	inc, err := ParseIncarnation(r.Own.Incarnation)
	if err != nil {
		return nil, err
	}
	return &identity{
		scope:       scopeOf(arn.account, arn.region),
		name:        arn.name,
		suffix:      arn.suffix,
		incarnation: inc,
		created:     momentAt(r.Own.Created),
	}, nil
}

func (r record) call() *call {
	c := &call{}
	if r.ErrorCode != "" {
		c.refused = &refusal{r.ErrorCode, r.ErrorMessage}
	}
	if account, _ := r.UserIdentity["accountId"].(string); isAccount(account) {
		c.caller = Account{account}
	}
	c.who, c.unsaved = known(r.who()), r.Own.Unsaved
	if r.Own.Due != 0 {
		c.due = momentAt(r.Own.Due)
	}
	for name, v := range r.RequestParameters {
		switch name {
		case "secretId":
			c.secretID, _ = v.(string)
		case "recoveryWindowInDays":
			days, _ := v.(float64)
			c.days = int64(days)
		case "forceDeleteWithoutRecovery":
			c.force, _ = v.(bool)
		case "name":
			if c.refused != nil {
				c.secretID, _ = v.(string)
			}
		case overwriteMember:
			if v == true {
				c.params = append(c.params, param{name, v})
			}
		case "clientRequestToken":
			if r.Own.VersionID == "" {
				c.token, _ = v.(string)
			}
		default:
			c.params = append(c.params, param{name, v})
		}
	}
	return c
}

func (r record) who() Caller {
	var w Caller
	w.AccessKeyID, _ = r.UserIdentity["accessKeyId"].(string)
	w.Principal, _ = r.UserIdentity["arn"].(string)
	if w.Principal == "" {
		w.Principal, _ = r.UserIdentity["userName"].(string)
	}
	if r.SourceIPAddress != localhost {
		w.SourceIP = r.SourceIPAddress
	}
	return w
}

func (r record) operatorCall() (*call, error) {
	c := &call{gap: &gapCall{}}
	number, _ := r.RequestParameters["gap"].(float64)
	if number < 0 || number > 1<<53 {
		return nil, fmt.Errorf("secretlife: no gap has the number %g", number)
	}
	c.gap.number = uint64(number)
	c.gap.by, _ = r.UserIdentity["userName"].(string)
	if passed, ok := r.RequestParameters["passed"].(string); ok {
		var err error
		if c.gap.passed, err = time.ParseDuration(passed); err != nil {
			return nil, err
		}
	}
	if r.ErrorCode != "" {
		c.refused = &refusal{r.ErrorCode, r.ErrorMessage}
	}
	return c, nil
}

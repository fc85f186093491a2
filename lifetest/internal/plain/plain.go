// Package plain has the stored form of a secret as plain data, for the rules of the kit
// that look at what no method of a [secretlife.Secret] returns.
package plain

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife"
)

// Of returns a secret as plain data, the zero State for the zero Secret.
func Of(s secretlife.Secret) State {
	text, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("a secret without a JSON form: %v", err))
	}
	var st State
	if err := json.Unmarshal(text, &st); err != nil {
		panic(fmt.Sprintf("a secret with another JSON form: %v", err))
	}
	return st
}

// Secret returns the secret of plain data.
func (st State) Secret() (secretlife.Secret, error) {
	var s secretlife.Secret
	text, err := json.Marshal(st)
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	return s, err
}

// State is a [secretlife.Secret] as plain data, as its JSON form has it. Instants
// are in milliseconds since 1970 in UTC; nil is not set.
type State struct {
	ARN          string                      `json:"arn"`
	Incarnation  string                      `json:"incarnation"`
	Revision     uint64                      `json:"revision"`
	Created      int64                       `json:"created"`
	Ordinal      uint32                      `json:"ordinal,omitempty"`
	Changed      int64                       `json:"changed"`
	Accessed     *int64                      `json:"accessed,omitempty"`
	DeletionDate *int64                      `json:"deletionDate,omitempty"`
	PurgeAt      *int64                      `json:"purgeAt,omitempty"`
	Forced       bool                        `json:"forced,omitempty"`
	Window       *CountState                 `json:"window,omitempty"`
	Versions     []VersionState              `json:"versions,omitempty"`
	Stages       map[secretlife.Stage]string `json:"stages,omitempty"`
	Description  string                      `json:"description,omitempty"`
	KMSKeyID     string                      `json:"kmsKeyId,omitempty"`
	Type         string                      `json:"type,omitempty"`
	Tags         []secretlife.Tag            `json:"tags"`
	Policy       string                      `json:"policy,omitempty"`
	Replicas     []ReplicaState              `json:"replicas,omitempty"`
	Primary      string                      `json:"primary,omitempty"`
	PrimaryOf    string                      `json:"primaryIncarnation,omitempty"`
	Rotation     *RotationState              `json:"rotation,omitempty"`
	Reserved     []string                    `json:"reserved,omitempty"`
	Aging        *AgingState                 `json:"aging,omitempty"`
	Holds        []HoldState                 `json:"holds,omitempty"`
	Protection   *ProtectionState            `json:"protection,omitempty"`
}

// HoldState is a [secretlife.Hold] as plain data: see [State].
type HoldState struct {
	Name       string          `json:"name"`
	Reason     string          `json:"reason,omitempty"`
	By         string          `json:"by,omitempty"`
	Since      int64           `json:"since"`
	Until      *CountdownState `json:"until,omitempty"`
	ReleasedBy string          `json:"releasedBy,omitempty"`
	Release    *CountdownState `json:"release,omitempty"`
}

// CountdownState is when a hold ends, by date and by count, as plain data.
type CountdownState struct {
	Date  int64      `json:"date"`
	Due   int64      `json:"due"`
	Count CountState `json:"count"`
}

// ProtectionState is a [secretlife.Protection] as plain data: see [State].
type ProtectionState struct {
	NoForce      bool        `json:"noForce,omitempty"`
	Window       int64       `json:"window,omitempty"`
	FloorNoForce bool        `json:"floorNoForce,omitempty"`
	FloorWindow  int64       `json:"floorWindow,omitempty"`
	Final        int64       `json:"final"`
	Cooling      *CountState `json:"cooling,omitempty"`
}

// CountState is a period that has to pass by the count of a [secretlife.Tally], as plain
// data. Durations are in nanoseconds.
type CountState struct {
	Period time.Duration `json:"period"`
	Tally  string        `json:"tally,omitempty"` // its id in hexadecimal, "" for none
	From   time.Duration `json:"from,omitempty"`  // the count at which it began
	N      uint64        `json:"n,omitempty"`     // the first beat whose gaps count
	Had    time.Duration `json:"had,omitempty"`   // what had passed by another tally before
}

// AgingState is what a [secretlife.Secret] knows of versions on their way out, as plain data.
type AgingState struct {
	Due    int64      `json:"due"`
	Newest string     `json:"newest"`
	Count  CountState `json:"count"`
}

// VersionState is a [secretlife.Version] as plain data.
type VersionState struct {
	ID       string `json:"id"`
	Created  int64  `json:"created"`
	Accessed *int64 `json:"accessed,omitempty"`
	// KMSKeyID is the version's key where it is another than the secret's.
	KMSKeyID *string `json:"kmsKeyId,omitempty"`
}

// ReplicaState is a [secretlife.Replica] as plain data.
type ReplicaState struct {
	Region    string `json:"region"`
	KMSKeyID  string `json:"kmsKeyId,omitempty"`
	Status    string `json:"status"`
	Message   string `json:"message,omitempty"`
	Overwrite bool   `json:"overwrite,omitempty"`
	Since     *int64 `json:"since,omitempty"`
}

// RotationState is how a secret is rotated, as plain data: see [State].
type RotationState struct {
	Enabled  bool                     `json:"enabled"`
	Lambda   string                   `json:"lambda,omitempty"`
	Role     string                   `json:"role,omitempty"`
	Metadata []secretlife.Tag         `json:"metadata,omitempty"`
	Rules    secretlife.RotationRules `json:"rules"`
	Last     *int64                   `json:"last,omitempty"`
	Opens    *int64                   `json:"opens,omitempty"`
	Closes   *int64                   `json:"closes,omitempty"`
	Run      *RotationRunState        `json:"run,omitempty"`
}

// RotationRunState is a rotation that has begun and not ended, as plain data.
type RotationRunState struct {
	Version string `json:"version"`
	Test    bool   `json:"test,omitempty"`
	Tries   int    `json:"tries,omitempty"`
	Due     *int64 `json:"due,omitempty"`
}

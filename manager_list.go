package secretlife

import (
	"context"
	"time"
)

// ListSecretsInput is the request of [Manager.ListSecrets].
type ListSecretsInput struct {
	// IncludePlannedDeletion lists secrets that are scheduled for deletion too.
	IncludePlannedDeletion bool
	// MaxResults is the longest page, 1 to 100; 0 is 100.
	MaxResults int
	// NextToken goes on where a page ended; "" begins. It is good for the same
	// request only.
	NextToken string
	// Filters must all match.
	Filters []Filter
	// SortBy is SortByCreatedDate, the default, or SortByName.
	SortBy SortBy
	// SortOrder is SortAscending, the default, or SortDescending.
	SortOrder SortOrder
}

// Filter selects secrets: one of its values must match. A value that begins
// with "!" matches what the rest of it does not.
type Filter struct {
	// Key is "name": a value is a prefix of the name, case-sensitive. The other
	// keys of the API are not served yet and are refused.
	Key string
	// Values are 1 to 10.
	Values []string
}

// SortBy is what a list is ordered by.
type SortBy string

// SortOrder is the direction of a list.
type SortOrder string

// The orders of a list.
const (
	SortByCreatedDate SortBy    = "created-date"
	SortByName        SortBy    = "name"
	SortAscending     SortOrder = "asc"
	SortDescending    SortOrder = "desc"
)

// ListSecretsOutput is the answer of [Manager.ListSecrets].
type ListSecretsOutput struct {
	SecretList []SecretListEntry // never nil
	NextToken  string            // "" on the last page
}

// SecretListEntry is one secret of a list.
type SecretListEntry struct {
	ARN                    string
	Name                   string
	Description            string
	KmsKeyID               string
	Type                   string
	CreatedDate            time.Time
	LastChangedDate        time.Time
	LastAccessedDate       *time.Time
	DeletedDate            *time.Time // the DeletionDate of a scheduled secret
	Tags                   []Tag
	SecretVersionsToStages map[string][]Stage
	PrimaryRegion          string
	RotationDetails
}

// ListSecrets lists the secrets of the Manager's account and Region, a page at
// a time. Unlike AWS, it sees every change at once.
//
// Errors: [*InvalidNextTokenError]; [*ValidationError].
//
// Source: ListSecrets in the AWS Secrets Manager API reference.
func (m *Manager) ListSecrets(ctx context.Context, in ListSecretsInput) (out ListSecretsOutput, err error) {
	f, err := m.begin(ctx, OpListSecrets, "")
	defer f.end(&err)
	if err != nil {
		return out, err
	}
	q, err := f.parseList(in)
	if err != nil {
		return out, err
	}
	found, more, err := q.page()
	if err != nil {
		return out, err
	}
	out.SecretList = make([]SecretListEntry, len(found))
	for i, s := range found {
		out.SecretList[i] = listEntry(s)
	}
	if more {
		out.NextToken = token("s", q.fingerprint, CursorOf(found[len(found)-1], q.Order))
	}
	return out, nil
}

func listEntry(s Secret) SecretListEntry {
	d := describe(s)
	return SecretListEntry{
		ARN:                    d.ARN,
		Name:                   d.Name,
		Description:            d.Description,
		KmsKeyID:               d.KmsKeyID,
		Type:                   d.Type,
		CreatedDate:            d.CreatedDate,
		LastChangedDate:        d.LastChangedDate,
		LastAccessedDate:       d.LastAccessedDate,
		DeletedDate:            d.DeletedDate,
		Tags:                   d.Tags,
		SecretVersionsToStages: d.VersionIDsToStages,
		PrimaryRegion:          d.PrimaryRegion,
		RotationDetails:        d.RotationDetails,
	}
}

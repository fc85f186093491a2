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
	// SortBy is what the list is ordered by; SortByCreatedDate is the default.
	// Secrets that were never read come first by the last access.
	SortBy SortBy
	// SortOrder is SortAscending, the default, or SortDescending.
	SortOrder SortOrder
}

// Filter selects secrets: one of its values must match. A value that begins
// with "!" matches what the rest of it does not.
type Filter struct {
	// Key is "name", "tag-key", "tag-value", "primary-region" or
	// "owning-service": a value is a prefix, told apart by case. Or it is
	// "description": every word of a value is the beginning of a word there, in
	// any case. Or "all": the same with the words of name, description and tags,
	// where a capital within a word begins another.
	Key string
	// Values are 1 to 10 of up to 512 letters, digits, spaces and :_@/+=.- each.
	Values []string
}

// SortBy is what a list is ordered by.
type SortBy string

// SortOrder is the direction of a list.
type SortOrder string

// The orders of a list.
const (
	SortByCreatedDate      SortBy    = "created-date"
	SortByName             SortBy    = "name"
	SortByLastChangedDate  SortBy    = "last-changed-date"
	SortByLastAccessedDate SortBy    = "last-accessed-date"
	SortAscending          SortOrder = "asc"
	SortDescending         SortOrder = "desc"
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
	OwningService          string
	RotationDetails
}

// ListSecrets lists the secrets of the Manager's account and Region, a page at
// a time. Unlike AWS, it sees every change at once. A page looks at 10,000
// secrets at most: where few match, it may be shorter than MaxResults, or empty,
// and have a NextToken all the same.
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
	found, next, err := q.page()
	if err != nil {
		return out, err
	}
	out.NextToken = next
	out.SecretList = make([]SecretListEntry, len(found))
	for i, s := range found {
		if was, ok := f.lists.seen(s, f.now); ok {
			s = was
		}
		out.SecretList[i] = listEntry(s)
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
		OwningService:          d.OwningService,
		RotationDetails:        d.RotationDetails,
	}
}

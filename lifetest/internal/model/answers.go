package model

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

// PolicyTexts are the resource policies of histories, in order.
var PolicyTexts = slices.Sorted(maps.Keys(Policies))

// Instant returns the time of a number of milliseconds since 1970.
func Instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func optional(ms int64) time.Time {
	if ms == Never {
		return time.Time{}
	}
	return Instant(ms)
}

func regionOf(s string) (r secretlife.Region) {
	if err := r.UnmarshalText([]byte(s)); err != nil {
		panic(err)
	}
	return r
}

// Status returns the status of replication.
func (s *Secret) Status() []secretlife.Replica {
	var out []secretlife.Replica
	for _, r := range s.Replicas {
		out = append(
			out,
			secretlife.Replica{
				Region:        regionOf(r.region),
				KMSKeyID:      r.kms,
				Status:        r.status,
				StatusMessage: r.message,
			},
		)
	}
	return out
}

// FullStatus is Status with the dates on which replicas were read.
func (m *Model) FullStatus(s *Secret) []secretlife.Replica {
	out := s.Status()
	for i, r := range out {
		if there := m.followerIn(s, r.Region.String()); there != nil {
			out[i].LastAccessedDate = optional(there.accessed)
		}
	}
	return out
}

// owner returns the service in names such as rds!db.
func owner(name string) string {
	if i := strings.IndexByte(name, '!'); i > 0 && !strings.ContainsAny(name[:i], "/_+=.@") {
		return name[:i]
	}
	return ""
}

// Description returns what DescribeSecret returns.
func (m *Model) Description(s *Secret) secretlife.SecretDetails {
	out := secretlife.SecretDetails{
		ARN: s.ARN(), Name: s.Name, Description: s.description, KMSKeyID: s.kms, Type: s.kind,
		CreatedDate: Instant(s.created), LastChangedDate: Instant(s.changed), LastAccessedDate: optional(s.accessed),
		OwningService: owner(
			s.Name,
		), Tags: s.tagList(), VersionIDsToStages: s.byVersion(), ReplicationStatus: m.FullStatus(s),
		RotationDetails: s.rotationDetails(), Holds: s.shownHolds(), Protection: s.ShownProtection(),
	}
	switch {
	case s.Primary != "":
		out.PrimaryRegion = s.Primary
	case len(s.Replicas) > 0:
		out.PrimaryRegion = s.Region
	}
	if s.Scheduled {
		out.DeletedDate = optional(s.deleted)
	}
	return out
}

// byVersion lists the labels of the versions that have any.
func (s *Secret) byVersion() map[string][]secretlife.Stage {
	var out map[string][]secretlife.Stage
	for _, v := range s.Labels {
		if out == nil {
			out = map[string][]secretlife.Stage{}
		}
		out[v] = s.Stages(v)
	}
	return out
}

// VersionList returns what ListSecretVersionIds returns, all pages in one.
func (s *Secret) VersionList(deprecated bool) secretlife.ListSecretVersionIdsOutput {
	out := secretlife.ListSecretVersionIdsOutput{
		ARN:      s.ARN(),
		Name:     s.Name,
		Versions: []secretlife.SecretVersionsListEntry{},
	}
	for _, v := range s.Versions {
		stages := s.Stages(v.ID)
		if len(stages) == 0 && !deprecated {
			continue
		}
		key := v.kms
		if key == "" || key == aliasOfDefaultKey {
			key = "DefaultEncryptionKey"
		}
		out.Versions = append(out.Versions, secretlife.SecretVersionsListEntry{
			VersionID: v.ID, VersionStages: stages, CreatedDate: Instant(v.Created),
			LastAccessedDate: optional(v.accessed), KMSKeyIDs: []string{key},
		})
	}
	return out
}

// DeletedNothing returns the output of a forced deletion of a secret that does not
// exist: it has the ARN of the request, or an invented one.
func (m *Model) DeletedNothing(at Place, id, arn string) secretlife.SecretOutput {
	p, _ := ParseID(id)
	out := secretlife.SecretOutput{ARN: id, Name: p.Name, DeletionDate: Instant(m.Now)}
	made, ok := ParseID(arn)
	if p.Suffix == "" && ok && made.Key == (Key{at, p.Name}) && made.Suffix != "" {
		out.ARN = arn
	}
	return out
}

// List returns the entries that ListSecrets returns, all pages in one.
func (m *Model) List(at Place, in secretlife.ListSecretsInput) ([]secretlife.SecretDetails, *Fault) {
	var c checks
	c.page(in.MaxResults)
	if in.SortBy == "size" {
		c.violations = append(c.violations, "")
	}
	c.filters(in.Filters)
	if in.NextToken != "" {
		c.refuse(&Fault{Code: codeToken})
	}
	if f := c.fault(); f != nil {
		return nil, f
	}
	var found []*Secret
	for _, s := range m.Secrets {
		if s.Place == at && (!s.Scheduled || in.IncludePlannedDeletion) &&
			matches(s, m.primaryRegion(s), in.Filters) {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b *Secret) int {
		order := strings.Compare(a.Name, b.Name)
		switch in.SortBy {
		case secretlife.SortByLastChangedDate:
			order = cmp.Or(cmp.Compare(a.changed, b.changed), order)
		case secretlife.SortByLastAccessedDate:
			order = cmp.Or(cmp.Compare(a.accessed, b.accessed), order)
		case "", secretlife.SortByCreatedDate:
			order = cmp.Or(cmp.Compare(a.created, b.created), cmp.Compare(a.ordinal, b.ordinal), order)
		}
		if in.SortOrder == secretlife.SortDescending {
			return -order
		}
		return order
	})
	out := []secretlife.SecretDetails{}
	for _, s := range found {
		x := m.Description(s)
		x.ReplicationStatus = nil
		out = append(out, x)
	}
	return out, nil
}

package lifetest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/secretlife-go/secretlife"
)

var policyTexts = slices.Sorted(maps.Keys(policies))

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func optional(ms int64) *time.Time {
	if ms == never {
		return nil
	}
	t := instant(ms)
	return &t
}

// status is how replication stands.
func (s *secret) status() []secretlife.ReplicationStatus {
	var out []secretlife.ReplicationStatus
	for _, r := range s.replicas {
		out = append(out, secretlife.ReplicationStatus{Region: r.region, KmsKeyID: r.kms, Status: r.status, StatusMessage: r.message})
	}
	return out
}

// fullStatus also tells when replicas were read.
func (m *model) fullStatus(s *secret) []secretlife.ReplicationStatus {
	out := s.status()
	for i, r := range out {
		if there := m.followerIn(s, r.Region); there != nil {
			out[i].LastAccessedDate = optional(there.accessed)
		}
	}
	return out
}

// owner is the service in names such as rds!db.
func owner(name string) string {
	if i := strings.IndexByte(name, '!'); i > 0 && !strings.ContainsAny(name[:i], "/_+=.@") {
		return name[:i]
	}
	return ""
}

func (m *model) description(s *secret) secretlife.DescribeSecretOutput {
	out := secretlife.DescribeSecretOutput{
		ARN: s.arn(), Name: s.name, Description: s.description, KmsKeyID: s.kms, Type: s.kind,
		CreatedDate: instant(s.created), LastChangedDate: instant(s.changed), LastAccessedDate: optional(s.accessed),
		OwningService: owner(s.name), Tags: s.tagList(), VersionIDsToStages: s.byVersion(), ReplicationStatus: m.fullStatus(s),
		RotationDetails: s.rotationDetails(),
	}
	switch {
	case s.primary != "":
		out.PrimaryRegion = s.primary
	case len(s.replicas) > 0:
		out.PrimaryRegion = s.region
	}
	if s.scheduled {
		out.DeletedDate = optional(s.date)
	}
	return out
}

// byVersion lists the labels of the versions that have any.
func (s *secret) byVersion() map[string][]secretlife.Stage {
	var out map[string][]secretlife.Stage
	for _, v := range s.labels {
		if out == nil {
			out = map[string][]secretlife.Stage{}
		}
		out[v] = s.stages(v)
	}
	return out
}

func (s *secret) versionList(deprecated bool) secretlife.ListSecretVersionIdsOutput {
	out := secretlife.ListSecretVersionIdsOutput{ARN: s.arn(), Name: s.name, Versions: []secretlife.SecretVersionsListEntry{}}
	for _, v := range s.versions {
		stages := s.stages(v.id)
		if len(stages) == 0 && !deprecated {
			continue
		}
		out.Versions = append(out.Versions, secretlife.SecretVersionsListEntry{
			VersionID: v.id, VersionStages: stages, CreatedDate: instant(v.created),
			LastAccessedDate: optional(v.accessed), KmsKeyIDs: []string{cmp.Or(v.kms, "DefaultEncryptionKey")},
		})
	}
	return out
}

// deletedNothing is the answer to force on a secret that is not there: the ARN
// asked for, or one made up.
func (m *model) deletedNothing(at place, id, arn string) secretlife.DeleteSecretOutput {
	p, _ := parseID(id)
	out := secretlife.DeleteSecretOutput{ARN: id, Name: p.name, DeletionDate: instant(m.now)}
	made, ok := parseID(arn)
	if p.suffix == "" && ok && made.key == (key{at, p.name}) && made.suffix != "" {
		out.ARN = arn
	}
	return out
}

func (m *model) list(at place, in secretlife.ListSecretsInput) ([]secretlife.SecretListEntry, *fault) {
	var c checks
	c.page(in.MaxResults)
	if in.SortBy == "size" {
		c.violations = append(c.violations, "")
	}
	c.filters(in.Filters)
	if in.NextToken != "" {
		c.refuse(&fault{code: codeToken})
	}
	if f := c.fault(); f != nil {
		return nil, f
	}
	var found []*secret
	for _, s := range m.secrets {
		if s.place == at && (!s.scheduled || in.IncludePlannedDeletion) && matches(s, m.home(s), in.Filters) {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b *secret) int {
		order := strings.Compare(a.name, b.name)
		switch in.SortBy {
		case secretlife.SortByLastChangedDate:
			order = cmp.Or(cmp.Compare(a.changed, b.changed), order)
		case secretlife.SortByLastAccessedDate:
			order = cmp.Or(cmp.Compare(a.accessed, b.accessed), order)
		case "", secretlife.SortByCreatedDate:
			order = cmp.Or(cmp.Compare(a.created, b.created), order)
		}
		if in.SortOrder == secretlife.SortDescending {
			return -order
		}
		return order
	})
	out := []secretlife.SecretListEntry{}
	for _, s := range found {
		x := m.description(s)
		out = append(out, secretlife.SecretListEntry{
			ARN: x.ARN, Name: x.Name, Description: x.Description, KmsKeyID: x.KmsKeyID, Type: x.Type,
			CreatedDate: x.CreatedDate, LastChangedDate: x.LastChangedDate, LastAccessedDate: x.LastAccessedDate,
			DeletedDate: x.DeletedDate, Tags: x.Tags, SecretVersionsToStages: x.VersionIDsToStages, PrimaryRegion: x.PrimaryRegion,
			OwningService:   x.OwningService,
			RotationDetails: x.RotationDetails,
		})
	}
	return out, nil
}

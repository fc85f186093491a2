package conformance

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

var force = obj{"ForceDeleteWithoutRecovery": true}

var deletionFacts = []Fact{
	fact("DeleteSecret/windows-7-to-30", "Every window from 7 to 30 days is accepted.", Documented, apiReference+", DeleteSecret", func(p *probe) {
		p.create("a")
		created := p.seconds(p.describe("a"), "CreatedDate")
		for n := 7; n <= 30; n++ {
			got := p.ok("DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": n}))
			p.equal(float64(n), days(created, p.seconds(got, "DeletionDate")), "days")
			p.ok("RestoreSecret", p.id("a"))
		}
	}),
	windowFact("window-1", "A window of 1 is refused as one below 7; in 2018 the text was another.", Inferred, moto6461+", aws/aws-sdk-js #2082", obj{"RecoveryWindowInDays": 1}, parameter, textWindow),
	windowFact("window-31-with-force", "A window of 31 with force is refused for its range.", Inferred, moto6461, obj{"RecoveryWindowInDays": 31, "ForceDeleteWithoutRecovery": true}, parameter, textWindow),
	windowFact("window-negative-with-force", "A negative window with force is refused for its range.", Inferred, moto6461, obj{"RecoveryWindowInDays": -1, "ForceDeleteWithoutRecovery": true}, parameter, textWindow),
	windowFact("window-30-with-force", "The longest window with force is refused for the combination.", Reported, "moto, from the CLI", obj{"RecoveryWindowInDays": 30, "ForceDeleteWithoutRecovery": true}, parameter, textBoth),
	windowFact("force-as-text", "ForceDeleteWithoutRecovery as text is refused by the framework.", Inferred, noSource, obj{"ForceDeleteWithoutRecovery": "true"}, serialization, ""),
	fact("DeleteSecret/malformed", "A malformed name is refused.", Recorded, "LocalStack test_invalid_secret_name", func(p *probe) {
		p.refused("DeleteSecret", obj{"SecretId": "Inv *?!]Name\\-"}, validation, textName)
	}),
	fact("DeleteSecret/by-full-ARN", "A secret is deleted by its full ARN.", Recorded, "LocalStack test_secret_restore", func(p *probe) {
		arn := p.create("a")
		got := p.ok("DeleteSecret", obj{"SecretId": arn})
		p.equal(arn, got["ARN"], "ARN")
		p.equal(p.name("a"), got["Name"], "Name")
	}),
	fact("DeleteSecret/force-date-is-now", "The DeletionDate of a forced deletion is the time of the request.", Inferred, noSource, func(p *probe) {
		p.create("a")
		created := p.seconds(p.describe("a"), "CreatedDate")
		p.equal(0.0, days(created, p.seconds(p.ok("DeleteSecret", p.id("a", force)), "DeletionDate")), "days")
	}),
	fact("DeleteSecret/forced-then-created", "Right after a forced deletion the name is free, or still said to be scheduled for deletion.", Reported, "hashicorp/terraform-provider-aws #10259", func(p *probe) {
		first := p.create("a")
		p.ok("DeleteSecret", p.id("a", force))
		a := p.call("CreateSecret", obj{"Name": p.name("a"), "SecretString": "v", "ClientRequestToken": token(2)})
		if a.status == 200 {
			p.must(a.body["ARN"] != first, "the same ARN again: %s", first)
			return
		}
		p.equal(request, a.code(), "exception")
		p.equal(textReserved, a.message(), "message")
	}),
	fact("DeleteSecret/forced-then-described", "Right after a forced deletion the secret is gone, or still shown as scheduled.", Verified, "LocalStack test_can_recreate_delete_secret", func(p *probe) {
		p.create("a")
		p.ok("DeleteSecret", p.id("a", force))
		if a := p.call("DescribeSecret", p.id("a")); a.status == 200 {
			p.seconds(a.body, "DeletedDate")
			return
		}
		p.refused("DescribeSecret", p.id("a"), notFound, textNotFound)
	}),
	fact("DeleteSecret/unknown-by-force-answer", "The answer for an unknown name has the shape of any: an ARN with that name, and a date.", Inferred, "LocalStack test_delete_non_existent_secret_returns_as_if_secret_exists, for there being both", func(p *probe) {
		got := p.ok("DeleteSecret", p.id("nobody", force))
		arn := p.text(got, "ARN")
		p.must(arnShape.MatchString(arn) && strings.Contains(arn, ":secret:"+p.name("nobody")+"-"), "ARN %s", arn)
		p.seconds(got, "DeletionDate")
		p.refused("DescribeSecret", p.id("nobody"), notFound, textNotFound)
	}),
	fact("DeleteSecret/unknown-by-force-ARN", "An unknown ARN is answered as it was given, with the name in it.", Inferred, noSource, func(p *probe) {
		arn := p.create("a")
		other := arn[:len(arn)-6] + "ZZZZZZ"
		got := p.ok("DeleteSecret", with(force, obj{"SecretId": other}))
		p.equal(other, got["ARN"], "ARN")
		p.equal(p.name("a"), got["Name"], "Name")
		_, has := p.describe("a")["DeletedDate"]
		p.must(!has, "the secret of that name is scheduled")
	}),
	fact("DeleteSecret/ARN-of-another-Region-by-force", "By force an ARN of another Region is deleted with success, and the secret there stays.", Inferred, noSource, func(p *probe) {
		p.okBy(p.abroad(), "CreateSecret", obj{"Name": p.name("a"), "SecretString": "v", "ClientRequestToken": token(1)})
		arn := p.text(p.okBy(p.abroad(), "DescribeSecret", p.id("a")), "ARN")
		p.ok("DeleteSecret", with(force, obj{"SecretId": arn}))
		p.okBy(p.abroad(), "GetSecretValue", p.id("a"))
	}, needsRegions),
	fact("DeleteSecret/primary-with-two-replicas", "Several replica Regions are told with a comma and a space between them.", Reported, "gruntwork-io/cloud-nuke #435, rebuy-de/aws-nuke #1127", func(p *probe) {
		arn := p.replicateTo("a", p.OtherRegion, thirdRegion)
		text := p.call("DeleteSecret", p.id("a")).message()
		either := []string{p.OtherRegion + ", " + thirdRegion, thirdRegion + ", " + p.OtherRegion}
		p.must(slices.ContainsFunc(either, func(s string) bool {
			return text == fmt.Sprintf("You can't delete secret %s that still has replica regions [%s].", arn, s)
		}), "%q", text)
	}, needsRegions),
	fact("DeleteSecret/order-of-replicas", "They are told in the order in which they were added.", Inferred, noSource, func(p *probe) {
		p.replicateTo("a", thirdRegion, p.OtherRegion)
		text := p.call("DeleteSecret", p.id("a")).message()
		p.must(strings.HasSuffix(text, "["+thirdRegion+", "+p.OtherRegion+"]."), "%q", text)
	}, needsRegions),
	fact("DeleteSecret/failed-replica-counts", "A replica that failed is a replica still.", Inferred, noSource, func(p *probe) {
		p.okBy(p.abroad(), "CreateSecret", obj{"Name": p.name("a"), "SecretString": "theirs", "ClientRequestToken": token(1)})
		arn := p.replicateTo("a", p.OtherRegion)
		p.refused("DeleteSecret", p.id("a"), parameter, fmt.Sprintf("You can't delete secret %s that still has replica regions [%s].", arn, p.OtherRegion))
		p.ok("RemoveRegionsFromReplication", p.id("a", obj{"RemoveReplicaRegions": []string{p.OtherRegion}}))
		p.ok("DeleteSecret", p.id("a"))
	}, needsRegions),
	fact("DeletedDate/list", "ListSecrets shows the DeletionDate as DeletedDate.", Inferred, apiReference+", SecretListEntry", func(p *probe) {
		p.create("a")
		date := p.ok("DeleteSecret", p.id("a"))["DeletionDate"]
		list := p.ok("ListSecrets", obj{"Filters": p.mine(), "IncludePlannedDeletion": true})["SecretList"].([]any)
		p.equal(date, list[0].(obj)["DeletedDate"], "DeletedDate")
	}),
	fact("LastChangedDate/deletion", "DeleteSecret and RestoreSecret move LastChangedDate.", Inferred, apiReference+", DescribeSecret: \"modified in any way\"", func(p *probe) {
		p.create("a")
		last := p.seconds(p.describe("a"), "LastChangedDate")
		for _, operation := range []string{"DeleteSecret", "RestoreSecret"} {
			p.tick()
			p.ok(operation, p.id("a"))
			next := p.seconds(p.describe("a"), "LastChangedDate")
			p.must(next > last, "LastChangedDate %f after %f", next, last)
			last = next
		}
	}),
	fact("LastChangedDate/reading", "Reading a value does not move LastChangedDate.", Inferred, noSource, func(p *probe) {
		p.create("a")
		before := p.seconds(p.describe("a"), "LastChangedDate")
		p.tick()
		p.value("a")
		p.equal(before, p.seconds(p.describe("a"), "LastChangedDate"), "LastChangedDate")
	}),
	fact("RestoreSecret/after-the-date", "From the DeletionDate on a secret is not restored, purged or not.", Inferred, userGuide+", Delete a secret", func(p *probe) {
		p.scheduled("a")
		p.advance(7 * 24 * time.Hour)
		p.refused("RestoreSecret", p.id("a"), notFound, textNotFound)
	}, needsTime),
	fact("Purge/state-until-then", "From the DeletionDate on a secret is still scheduled, or gone.", Inferred, userGuide+", Delete a secret", func(p *probe) {
		p.scheduled("a")
		p.advance(7 * 24 * time.Hour)
		value, again := p.call("GetSecretValue", p.id("a")), p.call("CreateSecret", obj{"Name": p.name("a"), "SecretString": "v", "ClientRequestToken": token(2)})
		if value.code() == notFound {
			p.equal(200, again.status, "status of CreateSecret")
			return
		}
		p.equal(textMarked, value.message(), "message")
		p.equal(textReserved, again.message(), "message")
		p.seconds(p.describe("a"), "DeletedDate")
	}, needsTime),
	fact("Scheduled/ListSecretVersionIds-labels", "The versions of a scheduled secret are listed with their labels.", Inferred, noSource, func(p *probe) {
		p.create("a")
		p.put("a", 2)
		before := p.ok("ListSecretVersionIds", p.id("a"))
		p.ok("DeleteSecret", p.id("a"))
		p.equal(before, p.ok("ListSecretVersionIds", p.id("a")), "answer")
	}),
	fact("RestoreSecret/versions-without-labels", "Versions without labels are back, too.", Inferred, userGuide+", Restore a secret", func(p *probe) {
		p.create("a")
		p.put("a", 2)
		p.put("a", 3)
		p.ok("DeleteSecret", p.id("a"))
		p.ok("RestoreSecret", p.id("a"))
		p.equal("value", p.ok("GetSecretValue", p.id("a", obj{"VersionId": token(1)}))["SecretString"], "value")
	}),
}

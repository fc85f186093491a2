package conformance

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

var deleteFacts = []Fact{
	{Name: "DeleteSecret/members", Says: "DeleteSecret answers ARN, Name and DeletionDate.", Known: Recorded,
		Source: "LocalStack test_secret_restore",
		check: func(p *probe) {
			p.create("a")
			p.members(p.ok("DeleteSecret", p.id("a")), "ARN", "DeletionDate", "Name")
		}},
	{Name: "DeleteSecret/default-window", Says: "Without parameters the window is 30 days.", Known: Documented,
		Source: apiReference + ", DeleteSecret",
		check:  func(p *probe) { p.equal(30.0, p.window(nil), "days") }},
	{Name: "DeleteSecret/window-7", Says: "A window of 7 days is accepted, and counts 24 hours a day.", Known: Documented,
		Source: apiReference + ", DeleteSecret",
		check:  func(p *probe) { p.equal(7.0, p.window(obj{"RecoveryWindowInDays": 7}), "days") }},
	{Name: "DeleteSecret/window-30", Says: "A window of 30 days is accepted.", Known: Documented,
		Source: apiReference + ", DeleteSecret",
		check:  func(p *probe) { p.equal(30.0, p.window(obj{"RecoveryWindowInDays": 30}), "days") }},
	{Name: "DeleteSecret/force-false-alone", Says: "ForceDeleteWithoutRecovery=false alone is as if it was not there.",
		Known: Inferred, Source: noSource,
		check: func(p *probe) { p.equal(30.0, p.window(obj{"ForceDeleteWithoutRecovery": false}), "days") }},
	{Name: "DeleteSecret/force-false-with-window", Says: "ForceDeleteWithoutRecovery=false with a window is a window.",
		Known: Verified, Source: "LocalStack test_cross_account_access_non_default_key",
		check: func(p *probe) {
			p.equal(7.0, p.window(obj{"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": false}), "days")
		}},
	windowFact("window-0", "A window of 0 is refused.", Reported, moto6461, obj{"RecoveryWindowInDays": 0}, parameter,
		textWindow),
	windowFact("window-6", "A window of 6 is refused.", Inferred, moto6461, obj{"RecoveryWindowInDays": 6}, parameter,
		textWindow),
	windowFact("window-31", "A window of 31 is refused.", Inferred, moto6461, obj{"RecoveryWindowInDays": 31}, parameter,
		textWindow),
	windowFact("window-negative", "A negative window is refused.", Inferred, moto6461, obj{"RecoveryWindowInDays": -1},
		parameter, textWindow),
	windowFact("window-huge", "A window of many years is refused.", Inferred, moto6461,
		obj{"RecoveryWindowInDays": 1 << 40}, parameter, textWindow),
	windowFact("window-0-with-force", "A window of 0 with force is refused for its range, not for the combination.",
		Reported, moto6461, obj{"RecoveryWindowInDays": 0, "ForceDeleteWithoutRecovery": true}, parameter, textWindow),
	windowFact("window-7-with-force", "A window with force is refused.", Reported, "moto, from the CLI",
		obj{"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": true}, parameter, textBoth),
	windowFact("window-fraction", "A window that is no integer is refused by the framework.", Inferred, noSource,
		obj{"RecoveryWindowInDays": json.Number("7.5")}, "SerializationException", ""),
	windowFact("window-text", "A window that is text is refused by the framework.", Inferred, noSource,
		obj{"RecoveryWindowInDays": "7"}, "SerializationException", ""),
	{Name: "DeleteSecret/window-before-look-up", Says: "A bad window is refused before the secret is looked up.",
		Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.refused("DeleteSecret", p.id("nobody", obj{"RecoveryWindowInDays": 31}), parameter, textWindow)
		}},
	{Name: "DeleteSecret/no-id", Says: "Without SecretId the framework refuses.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.refused("DeleteSecret", obj{}, validation,
				"1 validation error detected: Value null at 'secretId' failed to satisfy constraint: Member must not be null")
		}},
	{Name: "DeleteSecret/unknown", Says: "An unknown secret is not found.", Known: Documented,
		Source: apiReference + ", DeleteSecret",
		check:  func(p *probe) { p.refused("DeleteSecret", p.id("nobody"), notFound, textNotFound) }},
	{Name: "DeleteSecret/unknown-by-force", Says: "By force an unknown secret is deleted with success.", Known: Verified,
		Source: "LocalStack test_delete_non_existent_secret_returns_as_if_secret_exists",
		check: func(p *probe) {
			got := p.ok("DeleteSecret", p.id("nobody", obj{"ForceDeleteWithoutRecovery": true}))
			p.equal(p.name("nobody"), got["Name"], "Name")
			p.members(got, "ARN", "DeletionDate", "Name")
		}},
	{Name: "DeleteSecret/malformed-by-force", Says: "Force does not excuse a malformed name.", Known: Recorded,
		Source: "LocalStack test_invalid_secret_name",
		check: func(p *probe) {
			p.refused("DeleteSecret", obj{"SecretId": "Inv *?!]Name\\-", "ForceDeleteWithoutRecovery": true},
				validation, textName)
		}},
	{Name: "DeleteSecret/scheduled-again", Says: "A scheduled secret is refused without force, and its date stays.",
		Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.scheduled("a")
			date := p.describe("a")["DeletedDate"]
			p.refused("DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": 30}), request, textMarked)
			p.equal(date, p.describe("a")["DeletedDate"], "DeletedDate")
		}},
	{Name: "DeleteSecret/scheduled-by-force", Says: "A scheduled secret is deleted by force.", Known: Recorded,
		Source: "LocalStack test_force_delete_deleted_secret",
		check: func(p *probe) {
			p.scheduled("a")
			p.members(p.ok("DeleteSecret", p.id("a", obj{"ForceDeleteWithoutRecovery": true})), "ARN", "DeletionDate", "Name")
		}},
	{Name: "DeleteSecret/forced-again-by-force", Says: "Force on a secret that was deleted by force succeeds.",
		Known: Documented, Source: apiReference + ", DeleteSecret",
		check: func(p *probe) {
			p.create("a")
			for range 2 {
				p.ok("DeleteSecret", p.id("a", obj{"ForceDeleteWithoutRecovery": true}))
			}
		}},
	{Name: "DeleteSecret/canonical-answer", Says: "ARN and Name are answered in full, however the secret was named.",
		Known: Recorded, Source: "LocalStack test_secret_restore",
		check: func(p *probe) {
			arn := p.create("a")
			got := p.ok("DeleteSecret", obj{"SecretId": arn[:len(arn)-7]})
			p.equal(arn, got["ARN"], "ARN")
			p.equal(p.name("a"), got["Name"], "Name")
		}},
	{Name: "DeleteSecret/date-is-a-number",
		Says: "DeletionDate is a number of seconds with up to three digits after the point.", Known: Documented,
		Source: "botocore examples-1.json",
		check: func(p *probe) {
			p.create("a")
			got := p.ok("DeleteSecret", p.id("a"))
			p.seconds(got, "DeletionDate")
			_, fraction, _ := strings.Cut(string(got["DeletionDate"].(json.Number)), ".")
			p.must(len(fraction) <= 3, "DeletionDate %v", got["DeletionDate"])
		}},
	{Name: "DeleteSecret/labels-stay", Says: "Scheduling takes no label off.", Known: Recorded,
		Source: "LocalStack test_force_delete_deleted_secret",
		check: func(p *probe) {
			p.scheduled("a")
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}},
	{Name: "DeleteSecret/force-takes-effect",
		Says: "After a forced deletion the secret is not found, and its name gets another ARN.", Known: Recorded,
		Source: "LocalStack test_can_recreate_delete_secret",
		check: func(p *probe) {
			first := p.create("a")
			p.ok("DeleteSecret", p.id("a", obj{"ForceDeleteWithoutRecovery": true}))
			p.gone()
			second := p.create("a")
			p.must(first != second, "the same ARN again: %s", first)
		}},
	{Name: "DeleteSecret/primary-with-replicas",
		Says: "A secret with replicas is not deleted, and the Regions are named.", Known: Reported,
		Source: "gruntwork-io/cloud-nuke #435, rebuy-de/aws-nuke #1127", needs: []need{needsRegions},
		check: func(p *probe) {
			arn := p.replicate("a")
			text := fmt.Sprintf("You can't delete secret %s that still has replica regions [%s].", arn, p.OtherRegion)
			p.refused("DeleteSecret", p.id("a"), parameter, text)
			p.refused("DeleteSecret", p.id("a", obj{"ForceDeleteWithoutRecovery": true}), parameter, text)
		}},
	{Name: "DeleteSecret/replica", Says: "A replica is not deleted by DeleteSecret.", Known: Reported,
		Source: "gruntwork-io/cloud-nuke #435, rebuy-de/aws-nuke #1127", needs: []need{needsRegions},
		check: func(p *probe) {
			p.replicate("a")
			p.refusedBy(p.abroad(), "DeleteSecret", p.id("a"), parameter, textReplica)
		}},
	{Name: "DeletedDate/describe", Known: Recorded, Source: custodian + "test_secrets_manager_delete",
		Says: "DescribeSecret shows the time of the DeleteSecret call as DeletedDate, and not the DeletionDate.",
		check: func(p *probe) {
			p.create("a")
			date := p.seconds(p.ok("DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": 7})), "DeletionDate")
			p.equal(7.0, days(p.seconds(p.describe("a"), "DeletedDate"), date), "days from DeletedDate to DeletionDate")
		}},
	{Name: "Purge/after-the-date", Says: "Some time after the DeletionDate the secret is gone, and its name is free.",
		Known: Documented, Source: userGuide + ", Delete a secret", needs: []need{needsTime},
		check: func(p *probe) {
			first := p.scheduled("a")
			p.advance(8 * 24 * time.Hour)
			p.gone()
			p.refused("GetSecretValue", p.id("a"), notFound, textNotFound)
			p.refused("RestoreSecret", p.id("a"), notFound, textNotFound)
			second := p.create("a")
			p.must(first != second, "the same ARN again: %s", first)
			p.refused("DescribeSecret", obj{"SecretId": first}, notFound, textNotFound)
		}},
	{Name: "Purge/not-before-the-date", Says: "Before the DeletionDate the secret can be restored.", Known: Documented,
		Source: userGuide + ", Delete a secret", needs: []need{needsTime},
		check: func(p *probe) {
			p.scheduled("a")
			p.advance(7*24*time.Hour - time.Minute)
			p.ok("RestoreSecret", p.id("a"))
			p.equal("value", p.value("a"), "value")
		}},
	{Name: "Purge/name-is-kept-until-then", Says: "Until it is gone, a scheduled secret keeps its name.", Known: Recorded,
		Source: "LocalStack test_exp_raised_on_creation_of_secret_scheduled_for_deletion",
		check: func(p *probe) {
			p.scheduled("a")
			p.refused("CreateSecret", obj{"Name": p.name("a"), "SecretString": "v", "ClientRequestToken": token(2)}, request,
				textReserved)
		}},
	fact("DeleteSecret/windows-7-to-30", "Every window from 7 to 30 days is accepted.", Documented,
		apiReference+", DeleteSecret", func(p *probe) {
			p.create("a")
			created := p.seconds(p.describe("a"), "CreatedDate")
			for n := 7; n <= 30; n++ {
				got := p.ok("DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": n}))
				p.equal(float64(n), days(created, p.seconds(got, "DeletionDate")), "days")
				p.ok("RestoreSecret", p.id("a"))
			}
		}),
	windowFact("window-1", "A window of 1 is refused as one below 7; in 2018 the text was another.", Inferred,
		moto6461+", aws/aws-sdk-js #2082", obj{"RecoveryWindowInDays": 1}, parameter, textWindow),
	windowFact("window-31-with-force", "A window of 31 with force is refused for its range.", Inferred, moto6461,
		obj{"RecoveryWindowInDays": 31, "ForceDeleteWithoutRecovery": true}, parameter, textWindow),
	windowFact("window-negative-with-force", "A negative window with force is refused for its range.", Inferred, moto6461,
		obj{"RecoveryWindowInDays": -1, "ForceDeleteWithoutRecovery": true}, parameter, textWindow),
	windowFact("window-30-with-force", "The longest window with force is refused for the combination.", Reported,
		"moto, from the CLI", obj{"RecoveryWindowInDays": 30, "ForceDeleteWithoutRecovery": true}, parameter, textBoth),
	windowFact("force-as-text", "ForceDeleteWithoutRecovery as text is refused by the framework.", Inferred, noSource,
		obj{"ForceDeleteWithoutRecovery": "true"}, serialization, ""),
	fact("DeleteSecret/malformed", "A malformed name is refused.", Recorded, "LocalStack test_invalid_secret_name",
		func(p *probe) {
			p.refused("DeleteSecret", obj{"SecretId": "Inv *?!]Name\\-"}, validation, textName)
		}),
	fact("DeleteSecret/by-full-ARN", "A secret is deleted by its full ARN.", Recorded, "LocalStack test_secret_restore",
		func(p *probe) {
			arn := p.create("a")
			got := p.ok("DeleteSecret", obj{"SecretId": arn})
			p.equal(arn, got["ARN"], "ARN")
			p.equal(p.name("a"), got["Name"], "Name")
		}),
	fact("DeleteSecret/force-date-is-now", "The DeletionDate of a forced deletion is the time of the request.", Inferred,
		noSource, func(p *probe) {
			p.create("a")
			created := p.seconds(p.describe("a"), "CreatedDate")
			p.equal(0.0, days(created, p.seconds(p.ok("DeleteSecret", p.id("a", force)), "DeletionDate")), "days")
		}),
	fact("DeleteSecret/forced-then-created",
		"Right after a forced deletion the name is free, or still said to be scheduled for deletion.", Reported,
		"hashicorp/terraform-provider-aws #10259", func(p *probe) {
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
	fact("DeleteSecret/forced-then-described",
		"Right after a forced deletion the secret is gone, or still shown as scheduled.", Verified,
		"LocalStack test_can_recreate_delete_secret", func(p *probe) {
			p.create("a")
			p.ok("DeleteSecret", p.id("a", force))
			if a := p.call("DescribeSecret", p.id("a")); a.status == 200 {
				p.seconds(a.body, "DeletedDate")
				return
			}
			p.refused("DescribeSecret", p.id("a"), notFound, textNotFound)
		}),
	fact("DeleteSecret/unknown-by-force-answer",
		"The answer for an unknown name has the shape of any: an ARN with that name, and a date.", Inferred,
		"LocalStack test_delete_non_existent_secret_returns_as_if_secret_exists, for there being both", func(p *probe) {
			got := p.ok("DeleteSecret", p.id("nobody", force))
			arn := p.text(got, "ARN")
			p.must(arnShape.MatchString(arn) && strings.Contains(arn, ":secret:"+p.name("nobody")+"-"), "ARN %s", arn)
			p.seconds(got, "DeletionDate")
			p.refused("DescribeSecret", p.id("nobody"), notFound, textNotFound)
		}),
	fact("DeleteSecret/unknown-by-force-ARN", "An unknown ARN is answered as it was given, with the name in it.",
		Inferred, noSource, func(p *probe) {
			arn := p.create("a")
			other := arn[:len(arn)-6] + "ZZZZZZ"
			got := p.ok("DeleteSecret", with(force, obj{"SecretId": other}))
			p.equal(other, got["ARN"], "ARN")
			p.equal(p.name("a"), got["Name"], "Name")
			_, has := p.describe("a")["DeletedDate"]
			p.must(!has, "the secret of that name is scheduled")
		}),
	fact("DeleteSecret/ARN-of-another-Region-by-force",
		"By force an ARN of another Region is deleted with success, and the secret there stays.", Inferred, noSource,
		func(p *probe) {
			p.okBy(p.abroad(), "CreateSecret", obj{"Name": p.name("a"), "SecretString": "v", "ClientRequestToken": token(1)})
			arn := p.text(p.okBy(p.abroad(), "DescribeSecret", p.id("a")), "ARN")
			p.ok("DeleteSecret", with(force, obj{"SecretId": arn}))
			p.okBy(p.abroad(), "GetSecretValue", p.id("a"))
		}, needsRegions),
	fact("DeleteSecret/primary-with-two-replicas",
		"Several replica Regions are told with a comma and a space between them.", Reported,
		"gruntwork-io/cloud-nuke #435, rebuy-de/aws-nuke #1127", func(p *probe) {
			arn := p.replicateTo("a", p.OtherRegion, thirdRegion)
			text := p.call("DeleteSecret", p.id("a")).message()
			either := []string{p.OtherRegion + ", " + thirdRegion, thirdRegion + ", " + p.OtherRegion}
			p.must(slices.ContainsFunc(either, func(s string) bool {
				return text == fmt.Sprintf("You can't delete secret %s that still has replica regions [%s].", arn, s)
			}), "%q", text)
		}, needsRegions),
	fact("DeleteSecret/order-of-replicas", "They are told in the order in which they were added.", Inferred, noSource,
		func(p *probe) {
			p.replicateTo("a", thirdRegion, p.OtherRegion)
			text := p.call("DeleteSecret", p.id("a")).message()
			p.must(strings.HasSuffix(text, "["+thirdRegion+", "+p.OtherRegion+"]."), "%q", text)
		}, needsRegions),
	fact("DeleteSecret/failed-replica-counts", "A replica that failed is a replica still.", Inferred, noSource,
		func(p *probe) {
			p.okBy(p.abroad(), "CreateSecret", obj{"Name": p.name("a"), "SecretString": "theirs",
				"ClientRequestToken": token(1)})
			arn := p.replicateTo("a", p.OtherRegion)
			p.refused("DeleteSecret", p.id("a"), parameter,
				fmt.Sprintf("You can't delete secret %s that still has replica regions [%s].", arn, p.OtherRegion))
			p.ok("RemoveRegionsFromReplication", p.id("a", obj{"RemoveReplicaRegions": []string{p.OtherRegion}}))
			p.ok("DeleteSecret", p.id("a"))
		}, needsRegions),
	fact("DeletedDate/list", "ListSecrets shows the same DeletedDate as DescribeSecret.", Documented,
		apiReference+", SecretListEntry: \"the date and time the deletion of the secret occurred\"", func(p *probe) {
			p.scheduled("a")
			date := p.describe("a")["DeletedDate"]
			list := p.ok("ListSecrets", obj{"Filters": p.mine(), "IncludePlannedDeletion": true})["SecretList"].([]any)
			p.equal(date, list[0].(obj)["DeletedDate"], "DeletedDate")
		}),
	fact("DeletedDate/forced-after-scheduled",
		"A secret that is scheduled and then deleted by force shows the time of the second call as DeletedDate, while it is "+
			"still there.", Inferred, noSource, func(p *probe) {
			p.scheduled("a")
			first := p.seconds(p.describe("a"), "DeletedDate")
			p.tick()
			date := p.seconds(p.ok("DeleteSecret", p.id("a", force)), "DeletionDate")
			a := p.call("DescribeSecret", p.id("a"))
			if a.code() == notFound {
				return
			}
			p.must(p.seconds(a.body, "DeletedDate") > first, "DeletedDate did not move from %f", first)
			p.equal(0.0, days(p.seconds(a.body, "DeletedDate"), date), "days to the DeletionDate")
		}),
	fact("LastChangedDate/deletion", "DeleteSecret moves LastChangedDate, and so does RestoreSecret.", Recorded,
		custodian+"test_secrets_manager_delete, for DeleteSecret", func(p *probe) {
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
	fact("RestoreSecret/after-the-date", "From the DeletionDate on a secret is not restored, purged or not.", Inferred,
		userGuide+", Delete a secret", func(p *probe) {
			p.scheduled("a")
			p.advance(7 * 24 * time.Hour)
			p.refused("RestoreSecret", p.id("a"), notFound, textNotFound)
		}, needsTime),
	fact("Purge/state-until-then", "From the DeletionDate on a secret is still scheduled, or gone.", Inferred,
		userGuide+", Delete a secret", func(p *probe) {
			p.scheduled("a")
			p.advance(7 * 24 * time.Hour)
			value, again := p.call("GetSecretValue", p.id("a")),
				p.call("CreateSecret", obj{"Name": p.name("a"), "SecretString": "v", "ClientRequestToken": token(2)})
			if value.code() == notFound {
				p.equal(200, again.status, "status of CreateSecret")
				return
			}
			p.equal(textMarked, value.message(), "message")
			p.equal(textReserved, again.message(), "message")
			p.seconds(p.describe("a"), "DeletedDate")
		}, needsTime),
	fact("Scheduled/ListSecretVersionIds-labels", "The versions of a scheduled secret are listed with their labels.",
		Inferred, noSource, func(p *probe) {
			p.create("a")
			p.put("a", 2)
			before := p.ok("ListSecretVersionIds", p.id("a"))
			p.ok("DeleteSecret", p.id("a"))
			p.equal(before, p.ok("ListSecretVersionIds", p.id("a")), "answer")
		}),
	fact("RestoreSecret/versions-without-labels", "Versions without labels are back, too.", Inferred,
		userGuide+", Restore a secret", func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.put("a", 3)
			p.ok("DeleteSecret", p.id("a"))
			p.ok("RestoreSecret", p.id("a"))
			p.equal("value", p.ok("GetSecretValue", p.id("a", obj{"VersionId": token(1)}))["SecretString"], "value")
		}),
}

// window is how many days lie between a secret's creation just now and its
// DeletionDate.
func (p *probe) window(more obj) float64 {
	p.create("a")
	got := p.ok("DeleteSecret", p.id("a", more))
	return days(p.seconds(p.describe("a"), "CreatedDate"), p.seconds(got, "DeletionDate"))
}

func windowFact(name, says string, known Provenance, source string, in obj, code, text string) Fact {
	return Fact{Name: "DeleteSecret/" + name, Says: says, Known: known, Source: source, check: func(p *probe) {
		p.create("a")
		p.refused("DeleteSecret", p.id("a", in), code, text)
		_, has := p.describe("a")["DeletedDate"]
		p.must(!has, "the secret is scheduled in spite of the refusal")
	}}
}

const moto6461 = "getmoto/moto #6461"

var force = obj{"ForceDeleteWithoutRecovery": true}

package conformance

import (
	"fmt"
)

var stageFacts = []Fact{
	{Name: "UpdateSecretVersionStage/moves-current",
		Says:  "Moving AWSCURRENT leaves AWSPENDING on its target, and puts AWSPREVIOUS on the version it leaves.",
		Known: Recorded, Source: "LocalStack test_update_secret_version_stages_current_pending_cycle",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"AWSPENDING"}})
			p.members(p.ok("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 1, 2))), "ARN", "Name")
			p.equal(map[string][]string{token(1): {"AWSPREVIOUS"}, token(2): {"AWSCURRENT", "AWSPENDING"}},
				p.stages("a"), "labels")
		}},
	{Name: "UpdateSecretVersionStage/removes", Says: "RemoveFromVersionId alone takes a label off, and no other.",
		Known: Recorded, Source: "LocalStack test_update_secret_version_stages_custom_stages_3",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"mine", "other"}})
			p.ok("UpdateSecretVersionStage", p.id("a", move("mine", 2, 0)))
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}, token(2): {"other"}}, p.stages("a"), "labels")
		}},
	{Name: "UpdateSecretVersionStage/without-holder",
		Says: "AWSCURRENT moves only when the version that has it is named.", Known: Verified,
		Source: "moto test_update_secret_version_stage_dont_specify_current_stage",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.refused("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 0, 1)), parameter,
				"The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version "+
					token(2)+", so you must explicitly reference that version in RemoveFromVersionId.")
		}},
	{Name: "UpdateSecretVersionStage/wrong-holder",
		Says: "A version that does not have the label is refused as the one to take it from.", Known: Documented,
		Source: apiReference + ", UpdateSecretVersionStage",
		check: func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.refused("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 1, 1)), parameter, "")
		}},
	{Name: "UpdateSecretVersionStage/attaches", Says: "A label that is nowhere is attached.", Known: Documented,
		Source: "AWS CLI examples, update-secret-version-stage",
		check: func(p *probe) {
			p.create("a")
			p.ok("UpdateSecretVersionStage", p.id("a", move("mine", 0, 1)))
			p.equal(map[string][]string{token(1): {"AWSCURRENT", "mine"}}, p.stages("a"), "labels")
		}},
	{Name: "UpdateSecretVersionStage/same-holder", Says: "Moving a label to where it is changes nothing.",
		Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.create("a")
			p.ok("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 1, 1)))
		}},
	{Name: "UpdateSecretVersionStage/unknown-version", Says: "A version that is not there is not found.", Known: Inferred,
		Source: noSource,
		check: func(p *probe) {
			p.create("a")
			p.refused("UpdateSecretVersionStage", p.id("a", move("mine", 0, 9)), notFound, "")
		}},
	{Name: "UpdateSecretVersionStage/current-can-t-go",
		Says: "AWSCURRENT is not taken off without another version to go to.", Known: Inferred,
		Source: userGuide + ": a secret always has a version with AWSCURRENT",
		check: func(p *probe) {
			p.create("a")
			p.refused("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 1, 0)), parameter, "")
		}},
	{Name: "UpdateSecretVersionStage/neither", Says: "Neither version is refused.", Known: Inferred, Source: noSource,
		check: func(p *probe) {
			p.create("a")
			p.refused("UpdateSecretVersionStage", p.id("a", move("mine", 0, 0)), parameter, "")
		}},
	fact("PutSecretValue/first-version-own-labels",
		"The first version of a secret is AWSCURRENT with labels of its own, too.", Documented,
		apiReference+", PutSecretValue", func(p *probe) {
			p.create("a", obj{"SecretString": nil})
			p.put("a", 2, obj{"VersionStages": []string{"mine"}})
			p.equal(map[string][]string{token(2): {"AWSCURRENT", "mine"}}, p.stages("a"), "labels")
		}),
	fact("PutSecretValue/current-among-own-labels",
		"With AWSCURRENT among VersionStages a version is promoted, and has the others too.", Recorded, customStages+"2",
		func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"AWSCURRENT", "mine"}})
			p.equal(map[string][]string{token(1): {"AWSPREVIOUS"}, token(2): {"AWSCURRENT", "mine"}}, p.stages("a"), "labels")
		}),
	fact("PutSecretValue/own-label-keeps-a-version-listed",
		"A version that loses AWSPREVIOUS keeps a label of its own, and stays listed.", Recorded, customStages+"2",
		func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"AWSCURRENT", "mine"}})
			p.put("a", 3)
			p.put("a", 4)
			p.equal(map[string][]string{token(2): {"mine"}, token(3): {"AWSPREVIOUS"}, token(4): {"AWSCURRENT"}},
				p.stages("a"), "labels")
		}),
	fact("PutSecretValue/AWS-in-own-labels", "A label that begins with AWS is one like any other.", Recorded,
		customStages+"1", func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"AWSSOMETHING"}})
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}, token(2): {"AWSSOMETHING"}}, p.stages("a"), "labels")
		}),
	fact("PutSecretValue/both-values", "PutSecretValue and UpdateSecret refuse SecretString and SecretBinary together.",
		Documented, apiReference+", PutSecretValue", func(p *probe) {
			p.create("a")
			for _, operation := range []string{"PutSecretValue", "UpdateSecret"} {
				p.refused(operation, p.id("a", obj{"SecretString": "v", "SecretBinary": "AQI=", "ClientRequestToken": token(2)}),
					parameter, "")
			}
		}),
	fact("PutSecretValue/no-value-text", "The text asks for one of SecretString and SecretBinary.", Inferred, "emulators",
		func(p *probe) {
			p.create("a")
			p.refused("PutSecretValue", p.id("a", obj{"ClientRequestToken": token(2)}), request,
				"You must provide either SecretString or SecretBinary.")
		}),
	fact("UpdateSecretVersionStage/previous-moves-along", "AWSPREVIOUS moves along when AWSCURRENT is moved.", Recorded,
		"LocalStack test_update_secret_version_stages_current_pending_cycle", func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.put("a", 3, obj{"VersionStages": []string{"AWSPENDING"}})
			p.ok("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 2, 3)))
			p.equal(map[string][]string{token(2): {"AWSPREVIOUS"}, token(3): {"AWSCURRENT", "AWSPENDING"}},
				p.stages("a"), "labels")
		}),
	fact("UpdateSecretVersionStage/removes-and-leaves-AWSPREVIOUS", "Taking a label off leaves AWSPREVIOUS where it is.",
		Recorded, customStages+"3", func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"AWSCURRENT", "mine"}})
			p.ok("UpdateSecretVersionStage", p.id("a", move("mine", 2, 0)))
			p.equal(map[string][]string{token(1): {"AWSPREVIOUS"}, token(2): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}),
	fact("UpdateSecretVersionStage/last-label", "A version whose last label goes is deprecated.", Documented,
		apiReference+", UpdateSecretVersionStage", func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"mine"}})
			p.ok("UpdateSecretVersionStage", p.id("a", move("mine", 2, 0)))
			p.equal(1, len(p.ok("ListSecretVersionIds", p.id("a"))["Versions"].([]any)), "versions with labels")
			p.equal(2, len(p.ok("ListSecretVersionIds", p.id("a", obj{"IncludeDeprecated": true}))["Versions"].([]any)),
				"versions")
		}),
	fact("UpdateSecretVersionStage/twenty-labels", "A label too many is refused here, too.", Documented,
		userGuide+", quotas", func(p *probe) {
			p.create("a")
			for i := range 19 {
				p.ok("UpdateSecretVersionStage", p.id("a", move(fmt.Sprint("l", i), 0, 1)))
			}
			p.refused("UpdateSecretVersionStage", p.id("a", move("l19", 0, 1)), limitExceeded, "")
		}),
	fact("UpdateSecretVersionStage/moves-own-label",
		"A label of one's own moves from the version that is named to another.", Documented,
		apiReference+", UpdateSecretVersionStage", func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"mine"}})
			p.ok("UpdateSecretVersionStage", p.id("a", move("mine", 2, 1)))
			p.equal(map[string][]string{token(1): {"AWSCURRENT", "mine"}}, p.stages("a"), "labels")
		}),
	fact("UpdateSecretVersionStage/own-label-without-holder",
		"A label of one's own moves only when the version that has it is named.", Documented,
		apiReference+", UpdateSecretVersionStage", func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"mine"}})
			p.refused("UpdateSecretVersionStage", p.id("a", move("mine", 0, 1)), parameter, "")
		}),
	fact("UpdateSecretVersionStage/own-label-without-holder-text", "The text names that label.", Inferred,
		"that for AWSCURRENT", func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"mine"}})
			p.refused("UpdateSecretVersionStage", p.id("a", move("mine", 0, 1)), parameter,
				"The parameter RemoveFromVersionId can't be empty. Staging label mine is currently attached to version "+token(2)+
					", so you must explicitly reference that version in RemoveFromVersionId.")
		}),
	fact("UpdateSecretVersionStage/wrong-holder-of-own-label",
		"A label of one's own is not taken from a version that does not have it.", Documented,
		apiReference+", UpdateSecretVersionStage", func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"mine"}})
			p.refused("UpdateSecretVersionStage", p.id("a", move("mine", 1, 0)), parameter, "")
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}, token(2): {"mine"}}, p.stages("a"), "labels")
		}),
	fact("UpdateSecretVersionStage/same-holder-alone",
		"Moving a label to the version that has it changes nothing, with no version to take it from, too.", Inferred,
		noSource, func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"mine"}})
			p.ok("UpdateSecretVersionStage", p.id("a", move("mine", 0, 2)))
			p.ok("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 0, 1)))
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}, token(2): {"mine"}}, p.stages("a"), "labels")
		}),
	fact("UpdateSecretVersionStage/unknown-version-text", "The text for a version that is not there names it.", Inferred,
		"GetSecretValue", func(p *probe) {
			p.create("a")
			p.refused("UpdateSecretVersionStage", p.id("a", move("mine", 0, 9)), notFound, textNoVersion+token(9))
		}),
	fact("GetSecretValue/by-label", "A value is read by a label, and AWSCURRENT is the default.", Documented,
		apiReference+", GetSecretValue", func(p *probe) {
			p.create("a")
			p.put("a", 2)
			p.put("a", 3, obj{"VersionStages": []string{"mine"}})
			for label, want := range map[string]string{"AWSCURRENT": "value 2", "AWSPREVIOUS": "value", "mine": "value 3"} {
				p.equal(want, p.ok("GetSecretValue", p.id("a", obj{"VersionStage": label}))["SecretString"], label)
			}
			p.equal("value 2", p.value("a"), "value without a label")
		}),
	fact("GetSecretValue/by-version", "A value is read by its version, with the version's labels.", Documented,
		apiReference+", GetSecretValue", func(p *probe) {
			p.create("a")
			p.put("a", 2)
			got := p.ok("GetSecretValue", p.id("a", obj{"VersionId": token(1)}))
			p.equal("value", got["SecretString"], "value")
			p.equal([]any{"AWSPREVIOUS"}, got["VersionStages"], "VersionStages")
		}),
	fact("VersionStages/order", "Labels are in alphabetical order, versions in that of their creation.", Inferred,
		noSource, func(p *probe) {
			p.create("a")
			p.put("a", 2, obj{"VersionStages": []string{"b", "AWSPENDING", "a"}})
			p.equal([]any{"AWSPENDING", "a", "b"},
				p.ok("GetSecretValue", p.id("a", obj{"VersionId": token(2)}))["VersionStages"], "VersionStages")
			list := p.ok("ListSecretVersionIds", p.id("a"))["Versions"].([]any)
			p.equal([]any{token(1), token(2)}, []any{list[0].(obj)["VersionId"], list[1].(obj)["VersionId"]}, "versions")
		}),
}

func move(label string, from, to int) obj {
	in := obj{"VersionStage": label}
	if from > 0 {
		in["RemoveFromVersionId"] = token(from)
	}
	if to > 0 {
		in["MoveToVersionId"] = token(to)
	}
	return in
}

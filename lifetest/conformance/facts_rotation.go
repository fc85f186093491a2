package conformance

import (
	"strings"
	"time"
)

var rotationFacts = []Fact{
	{Name: "RotateSecret/no-function", Says: "Without a rotation function it is refused.", Known: Recorded,
		Source: "LocalStack test_rotate_secret_invalid_lambda_arn",
		check: func(p *probe) {
			p.create("a")
			p.refused("RotateSecret", p.id("a", obj{"ClientRequestToken": token(2)}), request, textNoLambda)
		}},
	{Name: "RotateSecret/rotates", Says: "The function's version becomes AWSCURRENT, the one before AWSPREVIOUS.",
		Known: Verified, Source: "moto test_rotate_secret_using_lambda", needs: []need{needsFunction},
		check: func(p *probe) {
			p.rotated(nil)
			p.must(p.value("a") != "value", "the value is the same")
			d := p.describe("a")
			p.equal(true, d["RotationEnabled"], "RotationEnabled")
			p.equal(p.Function, d["RotationLambdaARN"], "RotationLambdaARN")
			p.seconds(d, "LastRotatedDate")
		}},
	{Name: "RotateSecret/rules", Says: "Rules are shown, with the next date.", Known: Documented,
		Source: apiReference + ", RotateSecret", needs: []need{needsFunction},
		check: func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 30}})
			d := p.describe("a")
			days := encode(d["RotationRules"])
			p.must(strings.Contains(days, `"AutomaticallyAfterDays":30`), "RotationRules %s", days)
			p.must(p.seconds(d, "NextRotationDate") > p.seconds(d, "LastRotatedDate"), "NextRotationDate %v",
				d["NextRotationDate"])
		}},
	{Name: "RotateSecret/days-and-expression", Says: "Days and an expression together are refused.", Known: Reported,
		Source: "hashicorp/terraform-provider-aws #33329",
		check: func(p *probe) {
			p.create("a")
			p.refused("RotateSecret",
				p.id("a", obj{"ClientRequestToken": token(2),
					"RotationLambdaARN": "arn:aws:lambda:us-east-1:123456789012:function:f",
					"RotationRules":     obj{"AutomaticallyAfterDays": 3, "ScheduleExpression": "rate(3 days)"}}),
				parameter, "You cannot specify both rotation frequency and schedule expression together.")
		}},
	{Name: "RotateSecret/in-progress",
		Says: "While AWSPENDING is on another version than AWSCURRENT, no other rotation begins.", Known: Reported,
		Source: "hashicorp/terraform-provider-aws #35023", needs: []need{needsFunction},
		check: func(p *probe) {
			p.create("a")
			p.put("a", 3, obj{"VersionStages": []string{"AWSPENDING"}})
			p.refused("RotateSecret", p.id("a", obj{"ClientRequestToken": token(2), "RotationLambdaARN": p.Function}), request,
				textRotating)
		}},
	{Name: "CancelRotateSecret/turns-off", Says: "CancelRotateSecret turns rotation off.", Known: Documented,
		Source: apiReference + ", CancelRotateSecret", needs: []need{needsFunction},
		check: func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 30}})
			p.ok("CancelRotateSecret", p.id("a"))
			d := p.describe("a")
			p.equal(false, d["RotationEnabled"], "RotationEnabled")
			_, has := d["NextRotationDate"]
			p.must(!has, "NextRotationDate is still there")
		}},
	{Name: "RotateSecret/by-schedule", Says: "A secret is rotated by itself when its days are over.", Known: Documented,
		Source: userGuide + ", Rotate secrets", needs: []need{needsFunction, needsTime},
		check: func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 2}})
			before := p.value("a")
			p.advance(3 * 24 * time.Hour)
			p.must(p.value("a") != before, "the value is the same")
		}},
	{Name: "RotateSecret/not-while-scheduled",
		Says: "A secret that is scheduled for deletion is not rotated.", Known: Inferred,
		Source: noSource, needs: []need{needsFunction, needsTime},
		check: func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 2}})
			before := p.value("a")
			p.ok("DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": 7}))
			p.advance(3 * 24 * time.Hour)
			p.ok("RestoreSecret", p.id("a"))
			got := p.ok("GetSecretValue", p.id("a", obj{"VersionId": token(2)}))
			p.equal(before, got["SecretString"], "value of before")
		}},
	fact("RotateSecret/function-that-can-t-be-called", "A function that can't be called is refused.", Recorded,
		"LocalStack test_rotate_secret_invalid_lambda_arn", func(p *probe) {
			p.create("a")
			p.refused("RotateSecret",
				p.id("a", obj{"ClientRequestToken": token(2),
					"RotationLambdaARN": "arn:aws:lambda:us-east-1:123456789012:function:none"}), denied,
				"Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to "+
					"the principal secretsmanager.amazonaws.com.")
			_, has := p.describe("a")["RotationEnabled"]
			p.must(!has, "RotationEnabled is there")
		}, needsNone),
	fact("RotateSecret/external", "The metadata and the role of a secret that a third party holds are shown.", Documented,
		rotating, func(p *probe) {
			role, metadata := "arn:aws:iam::123456789012:role/rotates", []any{obj{"Key": "k", "Value": "v"}}
			p.rotated(obj{"ExternalSecretRotationRoleArn": role, "ExternalSecretRotationMetadata": metadata})
			for _, o := range []obj{p.describe("a"), p.entry(nil)} {
				p.equal(role, o["ExternalSecretRotationRoleArn"], "ExternalSecretRotationRoleArn")
				p.equal(metadata, o["ExternalSecretRotationMetadata"], "ExternalSecretRotationMetadata")
			}
		}, needsFunction),
	fact("RotateSecret/test-only",
		"With RotateImmediately=false the function is tested only: value and labels stay, and AWSPENDING is gone.",
		Documented, rotating, func(p *probe) {
			p.create("a")
			p.ok("RotateSecret", p.id("a", obj{"ClientRequestToken": token(2), "RotationLambdaARN": p.Function,
				"RotateImmediately": false, "RotationRules": obj{"AutomaticallyAfterDays": 30}}))
			for range p.patience() {
				if stages := p.stages("a"); len(stages) == 1 && p.describe("a")["RotationEnabled"] == true {
					break
				}
				p.pause()
			}
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}}, p.stages("a"), "labels")
			p.equal("value", p.value("a"), "value")
		}, needsFunction),
	fact("RotateSecret/same-token", "RotateSecret with the token of a version that is there does nothing more.", Inferred,
		rotating, func(p *probe) {
			p.rotated(nil)
			before := p.describe("a")
			p.equal(token(2), p.ok("RotateSecret", p.id("a", obj{"ClientRequestToken": token(2)}))["VersionId"], "VersionId")
			p.equal(before, p.describe("a"), "the secret")
		}, needsFunction),
	fact("RotateSecret/keeps-the-function", "The next RotateSecret needs no function: it keeps the one it has.",
		Documented, rotating, func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 30}})
			before := p.value("a")
			p.ok("RotateSecret", p.id("a", obj{"ClientRequestToken": token(3)}))
			for range p.patience() {
				if p.value("a") != before {
					return
				}
				p.pause()
			}
			p.failf("the value is the same")
		}, needsFunction),
	fact("RotateSecret/without-rules", "Without rules a secret is rotated once, and has no next date.", Inferred,
		noSource, func(p *probe) {
			p.rotated(nil)
			_, has := p.describe("a")["NextRotationDate"]
			p.must(!has, "NextRotationDate is there")
		}, needsFunction),
	fact("RotateSecret/empty-rules", "Rules with neither days nor an expression are refused.", Inferred, noSource,
		func(p *probe) {
			p.create("a")
			p.refused("RotateSecret", p.id("a", obj{"ClientRequestToken": token(2), "RotationLambdaARN": p.Function,
				"RotationRules": obj{"Duration": "3h"}}), parameter, "")
		}, needsFunction),
	fact("RotateSecret/last-second-of-the-window",
		"NextRotationDate is the last second of the window; that of days is a day in UTC.", Recorded,
		custodian+"of secrets that rotate", func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 10}})
			d := p.describe("a")
			next, last := int64(p.seconds(d, "NextRotationDate")), int64(p.seconds(d, "LastRotatedDate"))
			p.equal(int64(86399), next%86400, "seconds of the day")
			p.equal(int64(10), next/86400-last/86400, "days")
		}, needsFunction),
	fact("RotateSecret/days-of-an-expression",
		"Beside rate(4 hours) RotationRules show AutomaticallyAfterDays of 1.", Recorded,
		custodian+"of secrets that rotate", func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"ScheduleExpression": "rate(4 hours)"}})
			rules := encode(p.describe("a")["RotationRules"])
			p.equal(`{"AutomaticallyAfterDays":1,"ScheduleExpression":"rate(4 hours)"}`, rules, "RotationRules")
		}, needsFunction),
	fact("RotateSecret/hours", "A window of hours is open for an hour.", Inferred, userGuide+", Schedule expressions",
		func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"ScheduleExpression": "rate(12 hours)"}})
			d := p.describe("a")
			next, last := int64(p.seconds(d, "NextRotationDate")), int64(p.seconds(d, "LastRotatedDate"))
			p.equal(int64(13), (next+1)/3600-last/3600, "hours from the hour of the last rotation to the end of the next window")
		}, needsFunction),
	fact("RotateSecret/written-by-hand",
		"A value written by hand counts as a rotation for the days, and does not move LastRotatedDate.", Documented,
		apiReference+", RotationRulesType", func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 10}})
			before := p.describe("a")
			p.advance(5 * 24 * time.Hour)
			p.put("a", 3)
			after := p.describe("a")
			p.equal(before["LastRotatedDate"], after["LastRotatedDate"], "LastRotatedDate")
			p.equal(5.0, days(p.seconds(before, "NextRotationDate"), p.seconds(after, "NextRotationDate")), "days")
		}, needsFunction, needsTime),
	fact("RotateSecret/unknown-function", "A function that can't be called is refused, and nothing is set, also where "+
		"others can be called.", Recorded, "LocalStack test_rotate_secret_invalid_lambda_arn", func(p *probe) {
		p.create("a")
		before := p.describe("a")
		p.refused("RotateSecret", p.id("a", obj{"ClientRequestToken": token(2),
			"RotationLambdaARN": p.Function + "-unknown", "RotationRules": obj{"AutomaticallyAfterDays": 7}}), denied,
			"Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to "+
				"the principal secretsmanager.amazonaws.com.")
		p.equal(before, p.describe("a"), "DescribeSecret")
	}, needsFunction),
	fact("RotateSecret/off-while-scheduled",
		"DeleteSecret turns rotation off: RotationEnabled is false and NextRotationDate is gone, RotationLambdaARN stays.",
		Recorded, custodian+"test_secrets_manager_delete", func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 30}})
			before := p.describe("a")
			p.equal(true, before["RotationEnabled"], "RotationEnabled before")
			p.ok("DeleteSecret", p.id("a"))
			during := p.describe("a")
			p.equal(false, during["RotationEnabled"], "RotationEnabled while scheduled")
			p.equal(nil, during["NextRotationDate"], "NextRotationDate while scheduled")
			p.equal(before["RotationLambdaARN"], during["RotationLambdaARN"], "RotationLambdaARN while scheduled")
		}, needsFunction),
	fact("RotateSecret/pending-stays-while-scheduled",
		"DeleteSecret leaves AWSPENDING where it is, if the rotation has not ended.", Recorded,
		custodian+"test_secrets_manager_delete", func(p *probe) {
			p.failing("a")
			before := p.describe("a")["VersionIdsToStages"]
			p.ok("DeleteSecret", p.id("a"))
			p.equal(before, p.describe("a")["VersionIdsToStages"], "VersionIdsToStages")
		}, needsBroken),
	fact("RotateSecret/on-after-restore", "RestoreSecret turns rotation on again, as it was before DeleteSecret.",
		Inferred, noSource, func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 30}})
			before := p.describe("a")
			p.ok("DeleteSecret", p.id("a"))
			p.ok("RestoreSecret", p.id("a"))
			after := p.describe("a")
			for _, member := range []string{"RotationEnabled", "RotationLambdaARN", "RotationRules", "LastRotatedDate",
				"NextRotationDate"} {
				p.equal(before[member], after[member], member)
			}
		}, needsFunction),
	fact("RotateSecret/fails",
		"While the function fails the value stays, and AWSPENDING is on the version that was to be made.", Documented,
		userGuide+", Rotation by Lambda function", func(p *probe) {
			p.failing("a")
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}, token(2): {"AWSPENDING"}}, p.stages("a"), "labels")
			p.equal("value", p.value("a"), "value")
			_, has := p.describe("a")["LastRotatedDate"]
			p.must(!has, "LastRotatedDate is there")
		}, needsBroken),
	fact("GetSecretValue/reserved-version", "A version that a rotation has reserved has no value yet.", Verified,
		"moto test_rotate_secret_using_lambda", func(p *probe) {
			p.failing("a")
			p.refused("GetSecretValue", p.id("a", obj{"VersionId": token(2), "VersionStage": "AWSPENDING"}), notFound, "")
			p.refused("GetSecretValue", p.id("a", obj{"VersionId": token(2)}), notFound, "")
		}, needsBroken),
	fact("UpdateSecretVersionStage/current-to-reserved", "AWSCURRENT does not move to a version without a value.",
		Inferred, noSource, func(p *probe) {
			p.failing("a")
			p.refused("UpdateSecretVersionStage", p.id("a", move("AWSCURRENT", 1, 2)), notFound, "")
		}, needsBroken),
	fact("RotateSecret/while-one-fails", "While a rotation is not complete no other begins.", Reported,
		"aws/aws-cdk #28539", func(p *probe) {
			p.failing("a")
			p.refused("RotateSecret", p.id("a", obj{"ClientRequestToken": token(3)}), request, textRotating)
		}, needsBroken),
	fact("CancelRotateSecret/pending-stays", "CancelRotateSecret leaves AWSPENDING on its version, and answers that.",
		Documented, apiReference+", CancelRotateSecret", func(p *probe) {
			p.failing("a")
			p.equal(token(2), p.ok("CancelRotateSecret", p.id("a"))["VersionId"], "VersionId")
			p.equal(map[string][]string{token(1): {"AWSCURRENT"}, token(2): {"AWSPENDING"}}, p.stages("a"), "labels")
		}, needsBroken),
	fact("CancelRotateSecret/never-set-up", "CancelRotateSecret is refused where rotation was never set up.", Inferred,
		"moto", func(p *probe) {
			p.create("a")
			p.refused("CancelRotateSecret", p.id("a"), request, textNoLambda)
		}),
	fact("CancelRotateSecret/dates", "While rotation is off there is neither LastRotatedDate nor NextRotationDate.",
		Inferred, apiReference+", DescribeSecret", func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 30}})
			p.ok("CancelRotateSecret", p.id("a"))
			d := p.describe("a")
			for _, member := range []string{"LastRotatedDate", "NextRotationDate"} {
				_, has := d[member]
				p.must(!has, "%s is there", member)
			}
		}, needsFunction),
	fact("Events/rotation", "A rotation that goes well tells of its start and its success.", Documented, logging,
		func(p *probe) {
			p.rotated(nil)
			for _, name := range []string{"RotationStarted", "RotationSucceeded"} {
				p.equal("AwsServiceEvent", p.event("a", name)["eventType"], name+": eventType")
			}
			p.equal(0, p.named("a", "RotationFailed"), "failures")
		}, needsFunction, needsEvents),
	fact("Events/rotation-failed",
		"A rotation that fails says so, with a message, and a requestID that begins with Rotation and the ARN.", Documented,
		logging+", RotationFailed example", func(p *probe) {
			p.failing("a")
			e := p.event("a", "RotationFailed")
			p.text(e, "errorMessage")
			arn := p.text(p.describe("a"), "ARN")
			p.must(strings.HasPrefix(p.text(e, "requestID"), "Rotation-"+arn+"-"), "requestID %v", e["requestID"])
			p.equal(arn, e["additionalEventData"].(obj)["SecretId"], "SecretId")
		}, needsBroken, needsEvents),
	fact("Events/rotation-abandoned",
		"A value written by hand abandons a rotation: AWSPENDING goes, and an event says so.", Documented, logging,
		func(p *probe) {
			p.failing("a")
			p.put("a", 3)
			p.event("a", "RotationAbandoned")
			p.equal(map[string][]string{token(1): {"AWSPREVIOUS"}, token(3): {"AWSCURRENT"}}, p.stages("a"), "labels")
		}, needsBroken, needsEvents),
	fact("Events/test-rotation", "A test tells of its start and its end.", Documented, logging, func(p *probe) {
		p.create("a")
		p.ok("RotateSecret", p.id("a", obj{"ClientRequestToken": token(2), "RotationLambdaARN": p.Function,
			"RotateImmediately": false}))
		for range p.patience() {
			if p.named("a", "TestRotationSucceeded") > 0 {
				break
			}
			p.pause()
		}
		p.event("a", "TestRotationStarted")
		p.event("a", "TestRotationSucceeded")
		p.failing("b", obj{"RotateImmediately": false})
		p.event("b", "TestRotationFailed")
	}, needsFunction, needsBroken, needsEvents),
}

// rotated makes a secret "a" and rotates it.
func (p *probe) rotated(more obj) {
	p.create("a")
	in := p.id("a", obj{"ClientRequestToken": token(2), "RotationLambdaARN": p.Function}, more)
	p.members(p.ok("RotateSecret", in), "ARN", "Name", "VersionId")
	for range p.patience() {
		if p.stages("a")[token(2)] != nil && p.stages("a")[token(1)] != nil && p.stages("a")[token(1)][0] == "AWSPREVIOUS" {
			return
		}
		p.pause()
	}
	p.failf("the rotation does not end: %v", p.stages("a"))
}

const rotating = apiReference + ", RotateSecret"

// failing makes a secret whose rotation has begun and failed once.
func (p *probe) failing(short string, more ...obj) {
	p.create(short)
	p.ok("RotateSecret", p.id(short,
		append([]obj{{"ClientRequestToken": token(2), "RotationLambdaARN": p.BrokenFunction}}, more...)...))
	for range p.patience() {
		if p.Control == "" || p.named(short, "RotationFailed")+p.named(short, "TestRotationFailed") > 0 {
			return
		}
		p.pause()
	}
	p.failf("the rotation does not fail")
}

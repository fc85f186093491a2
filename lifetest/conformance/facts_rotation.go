package conformance

import (
	"strings"
	"time"
)

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

var rotationFacts = []Fact{
	{Name: "RotateSecret/no-function", Says: "Without a rotation function it is refused.", Known: Recorded, Source: "LocalStack test_rotate_secret_invalid_lambda_arn",
		check: func(p *probe) {
			p.create("a")
			p.refused("RotateSecret", p.id("a", obj{"ClientRequestToken": token(2)}), request, textNoLambda)
		}},
	{Name: "RotateSecret/rotates", Says: "The function's version becomes AWSCURRENT, the one before AWSPREVIOUS.", Known: Verified, Source: "moto test_rotate_secret_using_lambda", needs: []need{needsFunction},
		check: func(p *probe) {
			p.rotated(nil)
			p.must(p.value("a") != "value", "the value is the same")
			d := p.describe("a")
			p.equal(true, d["RotationEnabled"], "RotationEnabled")
			p.equal(p.Function, d["RotationLambdaARN"], "RotationLambdaARN")
			p.seconds(d, "LastRotatedDate")
		}},
	{Name: "RotateSecret/rules", Says: "Rules are shown, with the next date.", Known: Documented, Source: apiReference + ", RotateSecret", needs: []need{needsFunction},
		check: func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 30}})
			d := p.describe("a")
			days := encode(d["RotationRules"])
			p.must(strings.Contains(days, `"AutomaticallyAfterDays":30`), "RotationRules %s", days)
			p.must(p.seconds(d, "NextRotationDate") > p.seconds(d, "LastRotatedDate"), "NextRotationDate %v", d["NextRotationDate"])
		}},
	{Name: "RotateSecret/days-and-expression", Says: "Days and an expression together are refused.", Known: Reported, Source: "hashicorp/terraform-provider-aws #33329",
		check: func(p *probe) {
			p.create("a")
			p.refused("RotateSecret", p.id("a", obj{"ClientRequestToken": token(2), "RotationLambdaARN": "arn:aws:lambda:us-east-1:123456789012:function:f", "RotationRules": obj{"AutomaticallyAfterDays": 3, "ScheduleExpression": "rate(3 days)"}}),
				parameter, "You cannot specify both rotation frequency and schedule expression together.")
		}},
	{Name: "RotateSecret/in-progress", Says: "While AWSPENDING is on another version than AWSCURRENT, no other rotation begins.", Known: Reported, Source: "hashicorp/terraform-provider-aws #35023", needs: []need{needsFunction},
		check: func(p *probe) {
			p.create("a")
			p.put("a", 3, obj{"VersionStages": []string{"AWSPENDING"}})
			p.refused("RotateSecret", p.id("a", obj{"ClientRequestToken": token(2), "RotationLambdaARN": p.Function}), request, textRotating)
		}},
	{Name: "CancelRotateSecret/turns-off", Says: "CancelRotateSecret turns rotation off.", Known: Documented, Source: apiReference + ", CancelRotateSecret", needs: []need{needsFunction},
		check: func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 30}})
			p.ok("CancelRotateSecret", p.id("a"))
			d := p.describe("a")
			p.equal(false, d["RotationEnabled"], "RotationEnabled")
			_, has := d["NextRotationDate"]
			p.must(!has, "NextRotationDate is still there")
		}},
	{Name: "RotateSecret/by-schedule", Says: "A secret is rotated by itself when its days are over.", Known: Documented, Source: userGuide + ", Rotate secrets", needs: []need{needsFunction, needsTime},
		check: func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 2}})
			before := p.value("a")
			p.advance(3 * 24 * time.Hour)
			p.must(p.value("a") != before, "the value is the same")
		}},
	{Name: "RotateSecret/not-while-scheduled", Says: "A secret that is scheduled for deletion is not rotated, and keeps its settings.", Known: Inferred, Source: noSource, needs: []need{needsFunction, needsTime},
		check: func(p *probe) {
			p.rotated(obj{"RotationRules": obj{"AutomaticallyAfterDays": 2}})
			before := p.value("a")
			p.ok("DeleteSecret", p.id("a", obj{"RecoveryWindowInDays": 7}))
			p.advance(3 * 24 * time.Hour)
			p.equal(true, p.describe("a")["RotationEnabled"], "RotationEnabled")
			p.ok("RestoreSecret", p.id("a"))
			got := p.ok("GetSecretValue", p.id("a", obj{"VersionId": token(2)}))
			p.equal(before, got["SecretString"], "value of before")
		}},
}

package conformance

import "time"

// burst makes a call again and again, without any time between by the clock of
// the endpoint, until it is refused, and counts those that were not.
func (p *probe) burst(c caller, operation string, in func(int) obj) (n int, last answer) {
	p.advance(10 * time.Second)
	for range 10_000 {
		last = p.by(c, operation, in(n))
		if last.code() == throttled {
			return n, last
		}
		n++
	}
	p.failf("%s is not limited", operation)
	return n, last
}

func (p *probe) same(short string) func(int) obj { return func(int) obj { return p.id(short) } }

var quotaFacts = []Fact{
	fact("Quota/versions", "The 101st version of a day is refused.", Reported, "platform-engineering-labs/formae #746",
		func(p *probe) {
			p.advance(10 * time.Second)
			p.create("a")
			for n := 2; n <= 100; n++ {
				p.advance(time.Second)
				p.put("a", n)
			}
			p.advance(time.Second)
			p.refused("PutSecretValue", p.id("a", obj{"ClientRequestToken": token(101), "SecretString": "v"}), limitExceeded, "")
		}, needsQuotas, needsTime),
	fact("Quota/rates", "CreateSecret, DeleteSecret and RestoreSecret are limited to 50 calls in a second each.",
		Documented, quotas, func(p *probe) {
			for operation, in := range map[string]func(int) obj{
				"CreateSecret": func(n int) obj {
					return obj{"Name": p.name("b" + letters(n)), "SecretString": "v", "ClientRequestToken": token(1)}
				},
				"DeleteSecret": p.same("nobody"), "RestoreSecret": p.same("nobody"),
			} {
				n, _ := p.burst(p.home(), operation, in)
				p.equal(50, n, operation)
			}
		}, needsQuotas, needsTime),
	fact("Quota/ThrottlingException",
		"Calls beyond are refused with ThrottlingException and status 400, whatever they ask for, and let in again later.",
		Inferred, "external-secrets/external-secrets #4065, for the text", func(p *probe) {
			_, a := p.burst(p.home(), "RestoreSecret", p.same("nobody"))
			p.equal(400, a.status, "status")
			p.equal("Rate exceeded", a.message(), "message")
			p.refused("RestoreSecret", obj{"SecretId": "a b"}, throttled, "")
			p.advance(time.Second)
			p.refused("RestoreSecret", p.id("nobody"), notFound, textNotFound)
		}, needsQuotas, needsTime),
	fact("Quota/whose", "Calls are charged to the caller's account, not to the secret's.", Documented, quotas,
		func(p *probe) {
			p.advance(10 * time.Second)
			id := obj{"SecretId": p.shared()}
			p.burst(p.other(), "ListSecretVersionIds", func(int) obj { return id })
			p.ok("ListSecretVersionIds", id)
		}, needsQuotas, needsTime, needsAccounts),
}

// Package awscron understands the cron() expressions of AWS Secrets Manager's
// rotation schedules.
//
//	m, err := secretlife.New(store, func(o *secretlife.Options) { o.ParseSchedule = awscron.Parse })
//
// It is a module of its own, so that a program without cron() schedules does
// not inherit the library that computes them.
//
// # The dialect
//
// An expression has six fields, in UTC:
//
//	cron(Minutes Hours Day-of-month Month Day-of-week Year)
//
//	Minutes       0
//	Hours         0–23               , - * /
//	Day-of-month  1–31               , - * ? / L  SUNL
//	Month         1–12 or JAN–DEC    , - * /
//	Day-of-week   1–7 or SUN–SAT     , - * ? / L #  SUNL
//	Year          *
//
// Sunday is 1. A step without a beginning begins with the first value: /8 in
// Hours is 0, 8 and 16, each day anew. L is the last day of the month, or of the
// week: Saturday. SUNL is the last Sunday of the month, TUE#3 its third Tuesday;
// L and # stand alone, not in lists. One of the two day fields is ?, and the other
// says which days; * instead of that ? is accepted too. Names are read in any
// case. No two windows may open less than four hours apart.
//
// Sources: "Rotation schedules" in the AWS Secrets Manager User Guide, in its
// present and its earlier editions, and where these are silent the reference of
// EventBridge's cron expressions, which are the same with more freedom.
//
// # The library
//
// Fields are read here, since the dialect is narrower than any library's, and
// errors should say what AWS wants. The arithmetic of the calendar is
// github.com/hashicorp/cronexpr's: under the Apache License 2.0, without
// dependencies, kept up by HashiCorp, which schedules Nomad's jobs with it. It
// reads an expression once, knows L and #, and says when there is no next time.
package awscron

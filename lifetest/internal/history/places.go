package history

import (
	"time"
)

// Epoch is when histories begin. It is not midnight, so that days and instants differ.
var Epoch = time.Date(2026, 1, 31, 13, 37, 42, 123e6, time.UTC)

// The accounts of histories.
const (
	MainAccount  = "111111111111"
	OtherAccount = "222222222222"
)

// What histories draw from. The second name and the last look like names with an ARN's suffix.
var (
	Accounts = []string{MainAccount, OtherAccount}
	Regions  = []string{"us-east-1", "eu-west-1", "ap-south-1"}
	Names    = []string{"db", "db-abc123", "rds!a/b", "x-Zz09yY"}
)

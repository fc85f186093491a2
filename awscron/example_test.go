package awscron_test

import (
	"fmt"
	"time"

	"github.com/secretlife-go/secretlife/awscron"
)

func ExampleParse() {
	s, err := awscron.Parse("cron(0 16 1,15 * ? *)")
	if err != nil {
		fmt.Println(err)
		return
	}
	opens, _ := s.Next(time.Date(2030, time.January, 1, 16, 0, 0, 0, time.UTC))
	fmt.Println(opens)

	_, err = awscron.Parse("cron(30 16 1,15 * ? *)")
	fmt.Println(err)
	// Output:
	// 2030-01-15 16:00:00 +0000 UTC
	// the minutes of a cron() expression must be 0, not 30: rotation windows open on the hour
}

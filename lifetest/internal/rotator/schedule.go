package rotator

import (
	"errors"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/lifetest/internal/model"
)

// ParseSchedule understands the cron() expressions that histories use.
func ParseSchedule(expression string) (secretlife.Schedule, error) {
	if hours := model.Crons[expression]; hours != nil {
		return model.EveryDay(hours), nil
	}
	return nil, errors.New("unknown to histories")
}

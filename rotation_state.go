package secretlife

// RotationState is how a secret is rotated, as plain data: see [State].
type RotationState struct {
	Enabled  bool                                 `json:"enabled"`
	Lambda   string                               `json:"lambda,omitempty"`
	Role     string                               `json:"role,omitempty"`
	Metadata []ExternalSecretRotationMetadataItem `json:"metadata,omitempty"`
	Rules    RotationRules                        `json:"rules"`
	Last     *int64                               `json:"last,omitempty"`
	Opens    *int64                               `json:"opens,omitempty"`
	Closes   *int64                               `json:"closes,omitempty"`
	Run      *RotationRunState                    `json:"run,omitempty"`
}

// RotationRunState is a rotation that has begun and not ended, as plain data.
type RotationRunState struct {
	Version string `json:"version"`
	Test    bool   `json:"test,omitempty"`
	Tries   int    `json:"tries,omitempty"`
	Due     *int64 `json:"due,omitempty"`
}

func (r *rotation) state() *RotationState {
	if r == nil {
		return nil
	}
	st := &RotationState{
		Enabled: r.enabled, Lambda: r.lambda, Role: r.role, Metadata: r.metadata, Rules: r.rules,
		Last: r.last.millis(), Opens: r.window.opens.millis(), Closes: r.window.closes.millis(),
	}
	if run := r.run; !run.version.IsZero() {
		st.Run = &RotationRunState{run.version.s, run.test, run.tries, run.due.millis()}
	}
	return st
}

func (st *RotationState) rotation() *rotation {
	if st == nil {
		return nil
	}
	r := &rotation{
		enabled: st.Enabled, lambda: st.Lambda, role: st.Role, metadata: st.Metadata, rules: st.Rules,
		last:   momentOfMillis(st.Last),
		window: window{momentOfMillis(st.Opens), momentOfMillis(st.Closes)},
	}
	if run := st.Run; run != nil {
		r.run = rotationRun{VersionID{run.Version}, run.Test, run.Tries, momentOfMillis(run.Due)}
	}
	return r
}

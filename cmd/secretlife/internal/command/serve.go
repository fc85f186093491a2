package command

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/secretlife-go/secretlife"
	"github.com/secretlife-go/secretlife/awsapi"
	"github.com/secretlife-go/secretlife/awscron"
)

// serve is the command of that name. Its fields are its flags.
type serve struct {
	Addr             string `default:"127.0.0.1:4577" placeholder:"HOST:PORT" help:"Address to listen on, by default ${default}; port 0 picks a free one. Addresses other than this machine's own need --credentials or --allow-unverified."`
	accessFlags      `embed:""`
	tlsFlags         `embed:""`
	Store            string `default:"memory" placeholder:"STORE" help:"Where secrets are kept: \"memory\", the default, which forgets them at the end, \"sqlite:PATH\", a file that is made if it does not exist, and beside it PATH.keys, PATH.lock and, unless --key-file says otherwise, PATH.master, or \"postgres://USER@HOST/DATABASE\", a server that several processes can share. Values are encrypted in both."`
	keyFlags         `embed:""`
	DestroyKeysAfter time.Duration `default:"24h" placeholder:"DURATION" help:"How long after a purge its data keys are destroyed at the latest, with --store postgres://; by default ${default}. Older backups of the database can't be read."`
	KeepEvents       *int          `placeholder:"N" help:"How many events --store memory keeps, by default 100000, which take about 30 MB; the oldest go first, some hundreds at a time. 0 keeps all. Other stores keep all. It is also how many entries of the access ledger that store keeps."`
	Clock            string        `default:"real" enum:"real,virtual" help:"\"real\" goes with the machine; \"virtual\" stands still until POST /_secretlife/clock/advance moves it."`
	witnessFlag      `embed:""`
	Start            *time.Time `placeholder:"TIME" help:"Where the virtual clock begins, such as 2030-01-01T00:00:00Z; by default now."`
	Seed             *uint64    `placeholder:"N" help:"Draw ARN suffixes, ids and delays from this seed, so that every run is the same. Not for real secrets."`
	PurgeDelay       delay      `default:"none" placeholder:"DELAY" help:"How long after its DeletionDate a secret is purged: \"none\", the default, a duration such as \"5s\", or a range such as \"1h..2d\" to draw from."`
	Quotas           string     `default:"none" enum:"none,aws" help:"\"aws\" refuses what AWS's quotas do: more than 500,000 secrets, more than 100 versions of the last day, more calls per second than are let in. \"none\" is the default."`
	ListLag          delay      `default:"none" placeholder:"DELAY" help:"How late a change shows in ListSecrets: AWS is eventually consistent. As --purge-delay."`
	DescribeLag      delay      `default:"none" placeholder:"DELAY" help:"How late a deletion or restoration shows in DescribeSecret. As --purge-delay."`
	ReplicaLag       delay      `name:"replica-removal-lag" default:"none" placeholder:"DELAY" help:"How long a replica that was removed keeps its name in its Region. As --purge-delay."`
	OwningServices   bool       `help:"Refuse changes of secrets that an AWS service owns, such as rds!db-1, and deletions of them by force, as AWS does."`
	kmsFlags         `embed:""`
	guardFlags       `embed:""`
	LambdaURL        string        `name:"lambda-url" placeholder:"URL" help:"Where the rotation functions of RotateSecret are called, as Lambda's Invoke call: http://HOST:PORT, or a whole URL with a path that gets all calls. RotateSecret is refused if the endpoint does not know the function. Without it RotateSecret is refused."`
	RotationTimeout  time.Duration `default:"30s" placeholder:"DURATION" help:"How long a rotation function may take for each of its four steps, by default ${default}, and at most 15m. A rotation that takes longer has failed, and is tried again in an hour."`
	MaxConnections   int           `default:"512" placeholder:"N" help:"How many connections there may be at once, by default ${default}, and as many to --control-addr; further ones wait."`
	Account          string        `default:"123456789012" placeholder:"ID" help:"Account of requests whose access key id is not an account id itself; by default ${default}."`
	Region           string        `default:"us-east-1" placeholder:"REGION" help:"Region of requests that are not signed, by default ${default}."`
	SeedFile         string        `type:"path" placeholder:"FILE" help:"Begin with the secrets of a file, in JSON, or in YAML if its name ends in .yaml or .yml, and again after each reset. See below. Needs --store memory and --clock virtual."`
	IsolateAccounts  bool          `help:"Each account has a store and a virtual clock of its own, for tests that run in parallel, each in an account. What happens in one account, time included, does not happen in the others, and no call reaches a secret of another one. Needs --store memory and --clock virtual."`
	AllowReset       bool          `help:"Allow POST /_secretlife/reset, which empties the store, and POST /_secretlife/failures with a real clock too."`
	LogLevel         slog.Level    `default:"info" placeholder:"LEVEL" help:"Log to standard error from this level on: debug, info (the default), warn or error."`
	LogFormat        string        `default:"text" enum:"text,json" help:"\"text\" or \"json\"."`
}

const (
	// ballast is how many bytes of memory are allocated and never touched, so that the system gives
	// no pages for them. Go's collector counts them and runs less often while there are few secrets.
	ballast = 16 << 20
	// garbage is how many percent of the memory in use the collector lets pile up. Each of its runs
	// goes through all secrets, which live long.
	garbage = 200
)

// allowGarbage has Go's collector run less often, unless the operator set GOGC.
func allowGarbage() {
	const standard = 100
	if before := debug.SetGCPercent(garbage); before != standard {
		debug.SetGCPercent(before)
	}
}

// trailLength is how many refused calls and reads the server remembers.
const trailLength = 10_000

// delay is a [secretlife.Delay] as a flag.
type delay struct{ secretlife.Delay }

func (d *delay) UnmarshalText(text []byte) (err error) {
	d.Delay, err = secretlife.ParseDelay(string(text))
	return err
}

// Help is shown below the flags.
func (serve) Help() string {
	return `Point any AWS client at it:

  aws --endpoint-url http://127.0.0.1:4577 secretsmanager create-secret --name a --secret-string b

Signatures are checked with --credentials only. The Region is the one the request is signed for. The account is the access key id where that has twelve digits, so one server holds any number of accounts.

Beside the AWS protocol there are the control calls, each with the right that a token needs for it:

  GET  /_secretlife/health                   {"status":"ok"}: the process lives
  GET  /_secretlife/ready                    {"status":"ready"}, or 503 and why the store or the background fails
  GET  /_secretlife/clock           read     what time it is, what is counted, and what waits for counted time
  POST /_secretlife/clock/advance   advance  {"duration":"30d"}: let time pass on a virtual clock; with "timeout":"20s" it stops after that
  POST /_secretlife/clock/set       advance  {"time":"2030-02-01T00:00:00Z"}: let time pass until then
  POST /_secretlife/clock/confirm   trust    {"gap":3,"passed":"9d"}: what confirming a gap does, and a digest; with "digest" it is confirmed
  POST /_secretlife/clock/withdraw  trust    {"gap":3}: take it back
  GET  /_secretlife/events?after=N  read     what was changed, a CloudTrail record per line; with "&include=refused,reads" the last 10,000 calls that were refused or only read, too
  GET  /_secretlife/access          read     who called what on which secret, an entry per line; with "?scheduled=true" on secrets that were scheduled for deletion
  POST /_secretlife/failures        fail     {"operation":"GetSecretValue","times":2,"effect":"throttling"}: have calls fail (virtual clock, or --allow-reset)
  GET  /_secretlife/failures        read     the failures, and how many calls each met; with "?account=ID" those about an account
  DELETE /_secretlife/failures      fail     serve calls again; with "?id=N" those of one failure, with "?account=ID" those about an account
  POST /_secretlife/holds           hold     {"secret":"prod/db","name":"case-17","reason":"litigation"}: nothing destroys the value of the secret; with "for":"90d" or "until" it ends
  GET  /_secretlife/holds           read     the holds; with "?secret=prod/db" those of a secret
  DELETE /_secretlife/holds?secret=prod/db&name=case-17  hold  release a hold, and purge what is due then
  POST /_secretlife/protection      hold     {"secret":"prod/db","noForce":true,"minimumWindow":14}: refuse deletions by force and shorter windows; GET tells
  POST /_secretlife/pauses          fail     {"work":["replicate"]}: pause background work, to look at the states in between; GET lists, and DELETE does what is due
  POST /_secretlife/step            fail     do one piece of that work, paused or not
  POST /_secretlife/snapshots       reset    {"name":"base"}: keep the secrets and the clock under a name (in memory, virtual clock); GET lists, and DELETE with "?name=base" forgets
  POST /_secretlife/snapshots/restore  reset    {"name":"base"}: go back to a snapshot
  POST /_secretlife/reset           reset    empty the store (in memory only; virtual clock, or --allow-reset); with "?account=ID" that account's secrets only; with {"clock":"start"} or a time the clock is set, back, too

With --isolate-accounts these calls and those of the clock are about the account in "?account=ID", or --account.

The secrets of --seed-file have AWS's names, how long ago they were created, and how long ago DeleteSecret was called:

  {"Secrets": [
    {"Name": "prod/db", "SecretString": "hunter2", "Tags": [{"Key": "team", "Value": "a"}]},
    {"Name": "old", "SecretString": "x", "Age": "90d", "Deletion": {"Ago": "25d", "RecoveryWindowInDays": 30}}
  ]}

Beside these there are Account, Region, SecretBinary, Versions, ResourcePolicy, ReplicaRegions, Description, KmsKeyId, Type and Holds (Name, Reason).

With --credentials they need a token of --control-token-file:

  curl -H "Authorization: Bearer $(cut -d' ' -f1 secrets.db.control-token)" http://127.0.0.1:4577/_secretlife/clock
  curl --unix-socket control.sock http://localhost/_secretlife/clock     # with --control-addr unix:control.sock

Without --credentials and --allow-unverified only this machine is served, and nothing that a proxy passes on.

HTTPS, with a certificate that is made:

  secretlife serve --tls self-signed --store sqlite:secrets.db
  AWS_CA_BUNDLE=secrets.db.ca.pem aws --endpoint-url https://127.0.0.1:4577 secretsmanager list-secrets

The first line on standard output is "listening on http://HOST:PORT", or https. With --control-addr there is "control calls on" and that address, with --tls self-signed "AWS_CA_BUNDLE=" and a path. SIGHUP reads the credentials, the control tokens and the certificate again. SIGTERM or Ctrl-C lets running requests finish for ten seconds, tells those that take longer to end, and ends; a second one ends at once.`
}

// Run serves until the context is done.
func (s serve) Run(ctx context.Context, o process) error {
	signals, stop := hangups() // before anything takes time: SIGHUP ends a process that doesn't ask for it
	defer stop()
	defer runtime.KeepAlive(make([]byte, ballast))
	allowGarbage()
	if err := s.checkTestFlags(); err != nil {
		return err
	}
	log := s.logger(o.log)
	store, err := s.location().open(ctx, o.databases, log)
	if err != nil {
		return err
	}
	return errors.Join(s.serve(ctx, o, store, signals, log), store.close())
}

func (s serve) location() location {
	l := s.at(s.Store, "--store")
	l.destroyKeysAfter, l.keepEvents = s.DestroyKeysAfter, s.KeepEvents
	return l
}

// serve serves a store until the context is done.
func (s serve) serve(ctx context.Context, o process, store *opened, signals <-chan os.Signal,
	log *slog.Logger) (err error) {
	var again reloads
	clock, err := s.clock(ctx, store.Store)
	if err != nil {
		return err
	}
	if s.MaxConnections < 1 {
		return errors.New("--max-connections must be at least 1")
	}
	if s.RotationTimeout <= 0 || s.RotationTimeout > 15*time.Minute {
		return errors.New("--rotation-timeout must be above 0, and at most 15m")
	}
	witness, err := s.witness(ctx, store.Store, log)
	if err != nil {
		return err
	}
	rotation, err := s.rotation()
	if err != nil {
		return err
	}
	checkKMSKey, err := s.checkKMSKey()
	if err != nil {
		return err
	}
	v := service{serve: s, log: log, failures: new(awsapi.Failures), manager: func(m *secretlife.Options) {
		rotation(m)
		s.guard(m)
		m.Witness, m.ParseSchedule = witness, awscron.Parse
		m.Emulate.PurgeDelay = s.PurgeDelay.Delay
		m.Emulate.ListLag, m.Emulate.DescribeLag = s.ListLag.Delay, s.DescribeLag.Delay
		m.Emulate.ReplicaRemovalLag, m.Emulate.OwningServices = s.ReplicaLag.Delay, s.OwningServices
		m.Emulate.CheckKMSKey = checkKMSKey
		if s.Quotas == "aws" {
			m.Emulate.Quotas = secretlife.AWSQuotas()
		}
		m.Region, m.Logger = s.Region, log
	}}
	if v.seeds, err = s.readSeeds(); err != nil {
		return err
	}
	w, err := v.instance(store, clock, s.random(""))
	if err == nil {
		err = s.checkClock(ctx, w.manager)
	}
	if err != nil {
		return err
	}
	cert, err := s.openTLS(&again, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cert.close()) }()
	who, control, err := s.access(cert, &again, log)
	if err != nil {
		return err
	}
	v.who = who
	api, err := v.endpoint(ctx, w)
	if err != nil {
		return err
	}
	fronts, err := s.listen(ctx, api, control, cert)
	if err != nil {
		return err
	}
	fmt.Fprint(o.out, s.announcement(fronts, cert))
	log.Info("serving", "addr", fronts[0].Addr().String(), "clock", s.Clock, "store", s.location().name())

	work := []func(context.Context) error{func(ctx context.Context) error {
		again.on(ctx, signals, log)
		return nil
	}}
	if s.Clock == "real" {
		work = append(work, w.purger.Run, w.ledger.Run)
	}
	return errors.Join(serveUntilDone(ctx, fronts, work, log), w.closeLedger(ctx))
}

func (s serve) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.LogLevel}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// rotation sets how rotation functions are called, if there are any.
func (s serve) rotation() (func(*secretlife.Options), error) {
	if s.LambdaURL == "" {
		return func(*secretlife.Options) {}, nil
	}
	// With a virtual clock, which stands still meanwhile, this is what ends a step.
	r, err := awsapi.NewLambdaRotator(s.LambdaURL, &http.Client{Timeout: s.RotationTimeout})
	if err != nil {
		return nil, fmt.Errorf("--lambda-url %q: it must be a URL such as http://127.0.0.1:9000", s.LambdaURL)
	}
	return func(o *secretlife.Options) { o.Rotator, o.CheckRotation = r.Rotate, r.CheckRotation }, nil
}

// random is nil, the Manager's default, where there is no seed. Accounts that are isolated have each its
// own, so that none depends on what others draw.
func (s serve) random(account string) *seeded {
	if s.Seed == nil {
		return nil
	}
	var key [32]byte
	binary.BigEndian.PutUint64(key[:], *s.Seed)
	copy(key[8:], account)
	return &seeded{r: rand.NewChaCha8(key)}
}

// seeded is a stream of random bytes that follows from a seed. It is safe for concurrent use.
type seeded struct {
	mu sync.Mutex
	r  *rand.ChaCha8
}

func (s *seeded) Read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.Read(b)
}

// copy returns a stream that goes on as this one does.
func (s *seeded) copy() *seeded {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := *s.r
	return &seeded{r: &r}
}

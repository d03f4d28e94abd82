// Package fakeplex plays plex.tv and a Plex Media Server, for tests and for "make demo". Nothing that users start
// imports it.
//
// It answers as the real ones do, in the shapes that they have: field names, types that differ by call, HTML where JSON
// was asked for. A preview counts as shown when, and only when, a sound BIF lies in the bundle of the part's file and the
// server was asked to analyze the item after that. What is not known of Plex is played the harder way: a scan registers
// no previews, and one that was served once is served from memory until a restart.
//
// Libraries come from folders on this disk, are put together one by one, or are made up as they are listed, at no cost.
// Bad days are asked for by [Fake.Break]; [Fake.Requests] and [Fake.Leaks] say what clients did.
//
// It knows the rules of bundles and BIFs, and nothing of the client, so that the two cannot be wrong together.
package fakeplex

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options say what is played. The zero value is a server of the account's own, without libraries and without a folder
// on disk.
type Options struct {
	Name    string // of the server
	DataDir string // Plex's data folder, made when it is not there; empty: previews cannot be shown
	Machine string // UUID that the identity is made from; a random one when empty
	// AutoApprove signs in by itself when a PIN is polled for the n-th time; 0 waits for [Fake.ApprovePIN].
	AutoApprove int
	PINLife     time.Duration // half an hour when 0
	Shared      bool          // the server is somebody else's
	// Connections are listed by plex.tv before the one that works; see [DeadConnections].
	Connections []Connection
	PageLimit   int // most items in one page, whatever was asked for; 0 for none
	// ScanTakes and AnalyzeTakes are how long the server is busy after it has answered. With 0 it is done by then.
	ScanTakes    time.Duration
	AnalyzeTakes time.Duration
	KeepTrash    bool // files that are gone stay listed, as deleted
	// Duration tells how long a video is; nil leaves it out of the lists.
	Duration func(path string) time.Duration
	Now      func() time.Time // time.Now when nil
}

// Connection is a way to a server, as plex.tv lists it.
type Connection struct {
	URI         string
	Local       bool
	Relay, IPv6 bool
}

// DeadConnections lead nowhere: the address of a container's own network, a port where nobody listens, and a name that
// does not exist.
func DeadConnections() []Connection {
	return []Connection{
		{URI: "http://172.18.0.2:32400", Local: true},
		{URI: "http://127.0.0.1:1", Local: true},
		{URI: "https://nowhere.invalid:32400"},
	}
}

// Fake is an account at plex.tv and a server. All its methods may be called from any goroutine.
type Fake struct {
	o        Options
	machine  string // UUID
	identity string // 40 hexadecimal digits
	tv, pms  http.Handler

	mu       sync.Mutex // guards all below; held for file reads, too, which is as slow as Plex is
	account  account
	tvURL    string
	pmsURL   string
	sections []*section
	items    map[int]*item
	parts    map[int]*part
	lastID   int
	served   map[string][]byte // previews by hash, as Plex keeps them in memory
	settings []*setting
	tasks    []*butlerTask
	sessions []*session
	busy     []*activity

	log    log
	faults faults
	hub    hub

	work    sync.WaitGroup // scans and analyses that go on after their answer, servers
	closing context.Context
	close   context.CancelFunc
	servers []*http.Server
}

// New makes one, and its data folder. It must be closed.
func New(o Options) (*Fake, error) {
	if o.Name == "" {
		o.Name = "Attic"
	}
	if o.PINLife == 0 {
		o.PINLife = 30 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Machine == "" {
		o.Machine = newUUID()
	}
	id := sha1.Sum([]byte(o.Machine + "- Plex Media Server"))
	f := &Fake{
		o: o, machine: o.Machine, identity: hex.EncodeToString(id[:]),
		account: newAccount(),
		items:   make(map[int]*item), parts: make(map[int]*part), served: make(map[string][]byte),
		settings: newSettings(o.Name), tasks: newTasks(),
	}
	f.closing, f.close = context.WithCancel(context.Background())
	f.tv = f.watched(true, f.tvRoutes())
	f.pms = f.watched(false, f.pmsRoutes())
	if err := f.makeDataDir(); err != nil {
		return nil, err
	}
	return f, nil
}

// TV plays plex.tv and clients.plex.tv.
func (f *Fake) TV() http.Handler { return f.tv }

// PMS plays the server. Who serves it otherwise than by [Fake.Start] says where with [Fake.At].
func (f *Fake) PMS() http.Handler { return f.pms }

// At says under which address the server is listed by plex.tv.
func (f *Fake) At(url string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pmsURL = url
}

// Start serves both on this machine, at ports that are free, until Close, and returns their addresses.
func (f *Fake) Start() (tv, pms string, err error) {
	tv, err = f.serve(f.tv)
	if err == nil {
		pms, err = f.serve(f.pms)
	}
	if err != nil {
		return "", "", fmt.Errorf("start stand-in: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tvURL, f.pmsURL = tv, pms
	return tv, pms, nil
}

func (f *Fake) serve(h http.Handler) (string, error) {
	l, err := new(net.ListenConfig).Listen(f.closing, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	f.mu.Lock()
	f.servers = append(f.servers, s)
	f.mu.Unlock()
	f.work.Go(func() { _ = s.Serve(l) }) // it always ends with ErrServerClosed
	return "http://" + l.Addr().String(), nil
}

// Close ends all that goes on. The data folder stays.
func (f *Fake) Close() error {
	f.close()
	f.mu.Lock()
	servers := f.servers
	f.servers = nil
	f.mu.Unlock()
	var all error
	for _, s := range servers {
		all = errors.Join(all, s.Close())
	}
	f.work.Wait()
	return all
}

// Identity is the server's machine identifier.
func (f *Fake) Identity() string { return f.identity }

// Restart has the server forget what it keeps in memory, and ends its event streams.
func (f *Fake) Restart() {
	f.mu.Lock()
	clear(f.served)
	f.mu.Unlock()
	f.hub.drop()
}

// after runs work when the server is done with it: at once, or a while after its answer. The caller holds no lock.
func (f *Fake) after(d time.Duration, work func()) {
	if d <= 0 {
		work()
		return
	}
	f.work.Go(func() {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			work()
		case <-f.closing.Done():
		}
	})
}

func (f *Fake) now() int64 { return f.o.Now().Unix() }

// newID returns the next number; items, media and parts of Plex count apart, ours are told apart more easily.
func (f *Fake) newIDLocked() int {
	f.lastID++
	return f.lastID
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, says crypto/rand
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

package secrets

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/scrubjay/scrubjay/internal/preview"
	"github.com/scrubjay/scrubjay/internal/secret"
)

// fakeRing is a keyring that can be locked: it then fails with err, or waits until unlocked is closed.
type fakeRing struct {
	mu       sync.Mutex // guards all below
	err      error
	unlocked chan struct{}
	panics   bool
	values   map[string]string
	busy     int // calls that are being answered
}

func (r *fakeRing) enter() error {
	r.mu.Lock()
	r.busy++
	if r.busy > 1 {
		panic("asked two things at once")
	}
	wait := r.unlocked
	r.mu.Unlock()
	if wait != nil {
		<-wait
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy--
	if r.panics {
		panic("interface conversion")
	}
	return r.err
}

func (r *fakeRing) Get(_, user string) (string, error) {
	if err := r.enter(); err != nil {
		return "", err
	}
	if v, ok := r.values[user]; ok {
		return v, nil
	}
	return "", keyring.ErrNotFound
}

func (r *fakeRing) Set(_, user, password string) error {
	if err := r.enter(); err != nil {
		return err
	}
	if r.values == nil {
		r.values = map[string]string{}
	}
	r.values[user] = password
	return nil
}

func (r *fakeRing) Delete(_, user string) error {
	if err := r.enter(); err != nil {
		return err
	}
	delete(r.values, user)
	return nil
}

// TestALockedKeyringDoesNotHang leaves a dialog unanswered, and answers it later.
func TestALockedKeyringDoesNotHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ring := &fakeRing{unlocked: make(chan struct{}), values: map[string]string{Account: "token-one"}}
		k := newKeyring(ring, quiet())
		begin := time.Now()
		_, err := k.Get(t.Context(), Account)
		if preview.ReasonOf(err) != preview.SecretsLocked || time.Since(begin) != patience {
			t.Errorf("after %v the error is %v", time.Since(begin), err)
		}
		begin = time.Now()
		if err := k.Set(t.Context(), Account, secret.New("token-two")); preview.ReasonOf(err) != preview.SecretsLocked {
			t.Errorf("the error is %v", err)
		}
		if time.Since(begin) > time.Second {
			t.Errorf("the second question waited %v", time.Since(begin))
		}
		close(ring.unlocked) // the person comes back
		synctest.Wait()
		want(t, k, Account, "token-one")
	})
}

func TestAQuestionToTheKeyringCanBeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ring := &fakeRing{unlocked: make(chan struct{})}
		k := newKeyring(ring, quiet())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := k.Get(ctx, Account); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v", err)
		}
		close(ring.unlocked)
	})
}

// TestQuestionsWaitForEachOther has many ask at once; the fake panics when two are at it.
func TestQuestionsWaitForEachOther(t *testing.T) {
	k := newKeyring(&fakeRing{}, quiet())
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := k.Set(t.Context(), Account, secret.New("token-one")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	want(t, k, Account, "token-one")
}

func TestAKeyringThatMisbehaves(t *testing.T) {
	ring := &fakeRing{panics: true}
	k := newKeyring(ring, quiet())
	want(t, k, Account, "")
	if err := k.Set(t.Context(), Account, secret.New("token-one")); preview.ReasonOf(err) != preview.SecretsReadOnly {
		t.Errorf("the error is %v", err)
	}
	ring.panics = false
	mustSet(t, k, Account, "token-one")
	want(t, k, Account, "token-one")
}

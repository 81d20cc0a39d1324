package dynamo

import (
	"context"
	"time"

	"github.com/manystall/manystall/shared/fault"
)

// Lock implements port.Locks. A held lock is a fault of code locked with the
// time it has left. The clocks of all workers are AWS's and agree far closer
// than the seconds a ttl is longer than its holder may live.
func (s *Store) Lock(ctx context.Context, k string, ttl time.Duration) (string, error) {
	if ttl <= 0 {
		return "", invalidField("ttl", "ttl_invalid", "A lock of %s would not hold.", ttl)
	}
	now, token := s.now(), s.newID()
	until := now.Add(ttl)
	held := fault.New(fault.Conflict, "locked", "Someone else works on this; try again in a moment.")
	r := row{key: lockKey(k), entity: "lock", ttl: until.Add(time.Hour),
		extra: item{attrExpires: number(until.UnixMilli()), attrToken: text(token)}}
	o := put(r).when("attribute_not_exists(#pk) OR #exp <= :now OR #tok = :tok", held).
		name("#pk", attrPK).name("#exp", attrExpires).value(":now", number(now.UnixMilli())).
		name("#tok", attrToken).value(":tok", text(token))
	met, err := s.single(ctx, o, true)
	if err == nil {
		return token, nil
	}
	if fault.Is(err, fault.Conflict) && met != nil {
		held.RetryAfter = time.UnixMilli(numberOf(met, attrExpires)).Sub(now)
	}
	return "", err
}

// Unlock implements port.Locks; a lock that is not ours any more is left alone.
func (s *Store) Unlock(ctx context.Context, k, token string) error {
	return s.write(ctx, remove(lockKey(k)).when("#tok = :tok", nil).name("#tok", attrToken).value(":tok", text(token)).orElse())
}

// Arrange implements port.Wakes.
func (s *Store) Arrange(ctx context.Context, k string, at time.Time) (bool, error) {
	arranged := fault.New(fault.Conflict, "arranged", "Somebody is going to look at this by then.")
	r := row{key: wakeKey(k), entity: "wake", ttl: at.Add(time.Hour), extra: item{attrExpires: number(at.UnixMilli())}}
	err := s.write(ctx, put(r).when("attribute_not_exists(#pk) OR #exp <= :now OR #exp > :at", arranged).
		name("#pk", attrPK).name("#exp", attrExpires).value(":now", number(s.now().UnixMilli())).value(":at", number(at.UnixMilli())))
	if fault.Is(err, fault.Conflict) && fault.Of(err).Code == "arranged" {
		return false, nil
	}
	return err == nil, err
}

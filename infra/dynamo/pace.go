package dynamo

import (
	"context"

	"github.com/manystall/manystall/shared/port"
)

// Booked implements port.Bookings.
func (s *Store) Booked(ctx context.Context, bucket string) (port.Booked, error) {
	it, err := s.get(ctx, bookedKey(bucket))
	if err != nil || it == nil {
		return port.Booked{}, err
	}
	return decode[port.Booked](it)
}

// PutBooked implements port.Bookings.
func (s *Store) PutBooked(ctx context.Context, bucket string, b port.Booked) (port.Booked, error) {
	read := b.Version
	b.Version++
	r := row{key: bookedKey(bucket), entity: "booked", version: b.Version, record: b, ttl: b.Until.Add(daily)}
	return b, s.write(ctx, put(r).ifVersion(read, moved("budget", bucket)))
}

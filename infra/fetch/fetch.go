// Package fetch reads the seller's pictures from the public web. A host that
// resolves to a private address is not spoken to, at the first address or any
// it redirects to: the check is made on the address the connection is made to,
// so a name that changes its mind in between gains nothing.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
)

const (
	maxBytes     = 20 << 20
	maxRedirects = 5
	timeout      = 15 * time.Second
)

// Images implements channel.Images and channel.Media. Safe for concurrent use.
type Images struct {
	client *http.Client
	// via, when set, is an address that answers for every picture: where
	// nothing outside can be reached.
	via string
}

// New makes Images that read the public web.
func New() *Images {
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: public}
	return &Images{client: &http.Client{
		Timeout:       timeout,
		CheckRedirect: redirect,
		Transport:     &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, MaxIdleConnsPerHost: 4, IdleConnTimeout: 30 * time.Second},
	}}
}

// Via makes Images that ask one host for every picture: it is called with the
// wanted address as the parameter u.
func Via(host string) *Images {
	return &Images{client: &http.Client{Timeout: timeout}, via: host}
}

func redirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errors.New("too many redirects")
	}
	return checkAddress(r.URL)
}

func checkAddress(u *url.URL) error {
	if (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return errors.New("not a public web address")
	}
	return nil
}

// public refuses a connection to anything but a web port of a public address.
func public(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %s: %w", address, err)
	}
	ip := at.Addr().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.Zone() != "" || special(ip) || (at.Port() != 80 && at.Port() != 443) {
		return errors.New("not a public address")
	}
	return nil
}

// special says whether an address is in a range net/netip does not name (IANA
// special-purpose address registries, 2025-10). Of IPv6 only 2000::/3 is given
// out to the public; the ranges named are exceptions in it.
func special(ip netip.Addr) bool {
	if ip.Is6() && !netip.MustParsePrefix("2000::/3").Contains(ip) {
		return true
	}
	for _, r := range []string{
		"0.0.0.0/8",                                     // this network
		"100.64.0.0/10",                                 // shared by carriers
		"192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4", // protocols, relays, reserved
		"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", // documentation
		"198.18.0.0/15",          // benchmarks
		"2001::/23", "2002::/16", // protocols and Teredo, 6to4
		"2001:db8::/32", "3fff::/20", // documentation
	} {
		if netip.MustParsePrefix(r).Contains(ip) {
			return true
		}
	}
	return false
}

// Image reads one picture.
func (f *Images) Image(ctx context.Context, address string) (channel.Picture, error) {
	file, err := f.get(ctx, address, maxBytes, "image/*")
	if err == nil && !strings.HasPrefix(file.Type, "image/") {
		return channel.Picture{}, refused(address, "it is not a picture")
	}
	return file, err
}

// Media implements channel.Media.
func (f *Images) Media(ctx context.Context, address string) (channel.Picture, error) {
	return f.get(ctx, address, channel.MediaMax, "*/*")
}

func (f *Images) get(ctx context.Context, address string, limit int64, accept string) (channel.Picture, error) {
	u, err := url.Parse(address)
	if err != nil || checkAddress(u) != nil {
		return channel.Picture{}, refused(address, "it is not a public web address")
	}
	target := address
	if f.via != "" {
		target = f.via + "?u=" + url.QueryEscape(address)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return channel.Picture{}, refused(address, "it is not a public web address")
	}
	r.Header.Set("Accept", accept)
	resp, err := f.client.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return channel.Picture{}, fault.Wrap(ctx.Err(), fault.Temporary, "stopped", "A picture was not read in time.")
		}
		return channel.Picture{}, refused(address, "its host can't be reached")
	}
	defer func() { _ = resp.Body.Close() }()
	return read(address, limit, resp)
}

func read(address string, limit int64, resp *http.Response) (channel.Picture, error) {
	if resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests {
		return channel.Picture{}, fault.New(fault.Temporary, "image_host", "The host of a picture answers %d.", resp.StatusCode)
	}
	if resp.StatusCode != http.StatusOK {
		return channel.Picture{}, refused(address, fmt.Sprintf("its host answers %d", resp.StatusCode))
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil:
		return channel.Picture{}, fault.Wrap(err, fault.Temporary, "image_host", "A picture broke off while it was read.")
	case int64(len(data)) > limit:
		return channel.Picture{}, refused(address, fmt.Sprintf("it is larger than %d MB", limit>>20))
	}
	return channel.Picture{Type: http.DetectContentType(data), Data: data}, nil
}

func refused(address, why string) error {
	return fault.Refused(fault.Rejected, commerce.Problem{
		Rule: "image_unreachable", Field: "images", Value: channel.Cut(address), Allowed: "a picture at a public https address, up to 20 MB",
		Fix: fmt.Sprintf("Put the picture where it can be read: %s.", why),
	})
}

package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

// mostQuarterDays bounds a report by parts of a day: a busy month is some
// thousand sums to read.
const mostQuarterDays = 92

func (h *Handler) reportRoutes() []httpapi.Route {
	return []httpapi.Route{
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/reports/sales", Status: http.StatusOK}, h.sales),
	}
}

type salesRequest struct {
	httpapi.Call
	From string `query:"from" validate:"omitempty,datetime=2006-01-02"`
	To   string `query:"to" validate:"omitempty,datetime=2006-01-02"`
	By   string `query:"by" validate:"omitempty,oneof=day quarter hour weekday"`
}

type sales struct {
	From     string     `json:"from"`
	To       string     `json:"to"`
	TimeZone string     `json:"time_zone"`
	By       string     `json:"by"`
	Rows     []salesRow `json:"rows"`
}

// period is what a row of sales is of: some of its fields, by the report.
type period struct {
	Date    string `json:"date,omitempty"`
	Start   string `json:"start,omitempty"`   // of a quarter of an hour, 15:04
	Weekday int    `json:"weekday,omitempty"` // 1 is Monday
	Hour    *int   `json:"hour,omitempty"`    // 0..23
}

type salesRow struct {
	period
	total
}

// sales are what was sold, by day, by quarter of an hour of each day, or added
// up by hour of the day or of the week: when a team has most to do.
func (h *Handler) sales(ctx context.Context, req *salesRequest) (*sales, error) {
	w, err := h.Store.Workspace(ctx, req.Space)
	if err != nil {
		return nil, err
	}
	span := &summary{From: req.From, To: req.To}
	if err := span.dates(h.Now(), w.TimeZone); err != nil {
		return nil, err
	}
	s := &sales{From: span.From, To: span.To, TimeZone: w.TimeZone, By: cmp.Or(req.By, "day"), Rows: []salesRow{}}
	if s.By == "day" {
		rows, err := h.Store.ListTotals(ctx, req.Space, s.From, s.To)
		for _, t := range rows {
			s.Rows = append(s.Rows, salesRow{period{Date: t.Date}, viewTotal(t)})
		}
		return s, err
	}
	if tooLong(s.From, s.To, mostQuarterDays) {
		return nil, &fault.Error{Kind: fault.Invalid, Code: "bad_range", Field: "from", Message: fmt.Sprintf("A report by %s covers at most %d days.", s.By, mostQuarterDays)}
	}
	rows, err := h.Store.ListQuarters(ctx, req.Space, s.From, s.To)
	s.Rows = byPeriod(s.By, rows)
	return s, err
}

func tooLong(from, to string, days int) bool {
	first, err := time.Parse(dateForm, from)
	return err != nil || first.AddDate(0, 0, days-1).Format(dateForm) < to
}

func viewTotal(t port.Total) total {
	return total{Channel: t.Channel, Orders: t.Orders, Items: t.Items, Amount: commerce.Money{Amount: t.Amount, Currency: t.Currency}}
}

// byPeriod adds quarters of an hour up to the periods of a report; channels
// and currencies never meet.
func byPeriod(by string, quarters []port.QuarterTotal) []salesRow {
	type name struct {
		date              string
		weekday, at       int
		channel, currency string
	}
	sums := map[name]*salesRow{}
	for _, q := range quarters {
		n, p := name{channel: string(q.Channel), currency: q.Currency}, period{}
		hour := q.Quarter / 4
		switch by {
		case "quarter":
			n.date, n.at = q.Date, q.Quarter
			p.Date, p.Start = q.Date, fmt.Sprintf("%02d:%02d", hour, q.Quarter%4*15)
		case "weekday":
			n.weekday, n.at = weekday(q.Date), hour
			p.Weekday, p.Hour = n.weekday, &hour
		default:
			n.at, p.Hour = hour, &hour
		}
		if sums[n] == nil {
			sums[n] = &salesRow{p, viewTotal(port.Total{Channel: q.Channel, Currency: q.Currency})}
		}
		s := sums[n]
		s.Orders, s.Items, s.Amount.Amount = s.Orders+q.Orders, s.Items+q.Items, s.Amount.Amount+q.Amount
	}
	names := make([]name, 0, len(sums))
	for n := range sums {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b name) int {
		return cmp.Or(cmp.Compare(a.date, b.date), cmp.Compare(a.weekday, b.weekday), cmp.Compare(a.at, b.at), cmp.Compare(a.channel, b.channel), cmp.Compare(a.currency, b.currency))
	})
	rows := make([]salesRow, 0, len(names))
	for _, n := range names {
		rows = append(rows, *sums[n])
	}
	return rows
}

// weekday is 1 on Mondays and 7 on Sundays.
func weekday(date string) int {
	at, err := time.Parse(dateForm, date)
	if err != nil {
		return 0 // totals have dates
	}
	return (int(at.Weekday())+6)%7 + 1
}

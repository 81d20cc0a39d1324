package dashboard

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/manystall/manystall/shared/channel"
	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/httpapi"
	"github.com/manystall/manystall/shared/port"
)

func (h *Handler) channelRoutes() []httpapi.Route {
	return []httpapi.Route{
		httpapi.Handle(httpapi.Endpoint{Pattern: "GET /v1/channels", Status: http.StatusOK}, h.listChannels),
	}
}

// channelInfo is a row of the capability matrix.
type channelInfo struct {
	Channel     commerce.Channel           `json:"channel"`
	Title       string                     `json:"title"`
	Orders      channel.OrderIntake        `json:"orders"`
	Abilities   []channel.Ability          `json:"abilities"`
	WhyNot      map[channel.Ability]string `json:"why_not"`
	Limits      limits                     `json:"limits"`
	Connections int                        `json:"connections"`
	Logins      []login                    `json:"logins"`
}

// login is a further way to connect a channel.
type login struct {
	Name  string `json:"login"`
	Title string `json:"title"`
	About string `json:"about"`
}

type limits struct {
	TitleMin       int                 `json:"title_min,omitempty"`
	TitleMax       int                 `json:"title_max,omitempty"`
	DescriptionMin int                 `json:"description_min,omitempty"`
	DescriptionMax int                 `json:"description_max,omitempty"`
	TagsMax        int                 `json:"tags_max,omitempty"`
	TagMax         int                 `json:"tag_max,omitempty"`
	MaterialsMax   int                 `json:"materials_max,omitempty"`
	ImagesMin      int                 `json:"images_min,omitempty"`
	ImagesMax      int                 `json:"images_max,omitempty"`
	VariantsMax    int                 `json:"variants_max,omitempty"`
	OptionsMax     int                 `json:"options_max,omitempty"`
	OptionNameMax  int                 `json:"option_name_max,omitempty"`
	OptionValueMax int                 `json:"option_value_max,omitempty"`
	SKUMax         int                 `json:"sku_max,omitempty"`
	QuantityMax    int64               `json:"quantity_max,omitempty"`
	PriceMin       map[string]int64    `json:"price_min,omitempty"`
	PriceMax       map[string]int64    `json:"price_max,omitempty"`
	Values         map[string][]string `json:"values,omitempty"`
	SellsDown      bool                `json:"sells_down"`
	PublishCosts   bool                `json:"publish_costs"`
	ReplyMax       int                 `json:"reply_max,omitempty"`
	ReplyMaxBytes  int                 `json:"reply_max_bytes,omitempty"`
	ReplyHours     int                 `json:"reply_hours,omitempty"`
	ReplyHuman     int                 `json:"reply_hours_human,omitempty"`
}

func limitsOf(r channel.Rules) limits {
	return limits{
		TitleMin: r.TitleMin, TitleMax: r.TitleMax, DescriptionMin: r.DescriptionMin, DescriptionMax: r.DescriptionMax,
		TagsMax: r.TagsMax, TagMax: r.TagMax, MaterialsMax: r.MaterialsMax, ImagesMin: r.ImagesMin, ImagesMax: r.ImagesMax,
		VariantsMax: r.VariantsMax, OptionsMax: r.OptionsMax, OptionNameMax: r.OptionNameMax, OptionValueMax: r.OptionValueMax,
		SKUMax: r.SKUMax, QuantityMax: r.QuantityMax, PriceMin: r.PriceMin, PriceMax: r.PriceMax, Values: r.Values,
		SellsDown: r.SellsDown, PublishCosts: r.PublishCosts, ReplyMax: r.Reply.MaxRunes, ReplyMaxBytes: r.Reply.MaxBytes,
		ReplyHours: int(r.Reply.Window / time.Hour), ReplyHuman: int(r.Reply.HumanWindow / time.Hour),
	}
}

// abilities are all there are, with the words for a marketplace without.
func abilities() []struct {
	Name channel.Ability
	Lack string
} {
	return []struct {
		Name channel.Ability
		Lack string
	}{
		{channel.CanWriteListings, "write listings"},
		{channel.CanReadListings, "read listings back"},
		{channel.CanReadOrders, "read orders"},
		{channel.CanShip, "tell shipments"},
		{channel.CanCancel, "cancel orders"},
		{channel.CanReadConversations, "read messages"},
		{channel.CanReply, "answer messages"},
		{channel.CanReadReviews, "read reviews"},
	}
}

func (h *Handler) listChannels(ctx context.Context, req *meRequest) (*httpapi.List[channelInfo], error) {
	accounts, err := h.Store.ListAccounts(ctx, req.Space)
	if err != nil {
		return nil, err
	}
	items := make([]channelInfo, 0, len(h.Drivers))
	for _, d := range h.Drivers {
		items = append(items, h.channelInfo(d, accounts))
	}
	return httpapi.All(items), nil
}

func (h *Handler) channelInfo(d channel.Driver, accounts []port.Account) channelInfo {
	info := channelInfo{Channel: d.Name, Title: d.Title, Orders: d.Orders, Abilities: d.Abilities, WhyNot: map[channel.Ability]string{}, Limits: limitsOf(d.Rules), Logins: []login{}}
	for _, l := range d.Logins {
		info.Logins = append(info.Logins, login{Name: l.Name, Title: l.Title, About: l.About})
	}
	for _, a := range abilities() {
		if !slices.Contains(d.Abilities, a.Name) {
			info.WhyNot[a.Name] = fmt.Sprintf("%s gives other programs no way to %s.", d.Title, a.Lack)
		}
	}
	for _, a := range accounts {
		if a.Channel != d.Name || a.Kind != kindMarketplace || a.State == port.AccountGone {
			continue
		}
		info.Connections++
		for ability, why := range h.connection(a).Missing {
			if _, said := info.WhyNot[ability]; !said {
				info.WhyNot[ability] = a.Name + ": " + why
			}
		}
	}
	return info
}

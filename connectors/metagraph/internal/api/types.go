package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ID is an id of Meta: 15 to 20 digits that arrive as a string or as a number
// and never go through a float.
type ID string

// UnmarshalJSON takes a string, a number or null.
func (id *ID) UnmarshalJSON(raw []byte) error {
	raw = bytes.TrimSpace(raw)
	if string(raw) == "null" {
		*id = ""
		return nil
	}
	if len(raw) > 0 && raw[0] == '"' {
		var s string
		err := json.Unmarshal(raw, &s)
		*id = ID(s)
		return err
	}
	if _, err := strconv.ParseInt(string(raw), 10, 64); err != nil && strings.Trim(string(raw), "0123456789") != "" {
		return fmt.Errorf("an id is a string or a whole number")
	}
	*id = ID(raw)
	return nil
}

// Time is a time as the Graph API prints it, which is not RFC 3339.
type Time struct{ time.Time }

// UnmarshalJSON takes "2022-07-12T19:11:07+0000", or RFC 3339 to be sure.
func (t *Time) UnmarshalJSON(raw []byte) error {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil || s == "" {
		return err
	}
	at, err := time.Parse("2006-01-02T15:04:05-0700", s)
	if err != nil {
		at, err = time.Parse(time.RFC3339, s)
	}
	t.Time = at.UTC()
	return err
}

// Token is the answer of a token exchange. ExpiresIn is in seconds, 0 when it
// has no fixed end.
type Token struct {
	Access    string `json:"access_token"`
	ExpiresIn int64  `json:"expires_in"`
}

// TokenInfo is what debug_token tells.
type TokenInfo struct {
	AppID      ID       `json:"app_id"`
	Type       string   `json:"type"`
	User       ID       `json:"user_id"`
	Valid      bool     `json:"is_valid"`
	ExpiresAt  int64    `json:"expires_at"`             // unix seconds, 0 never
	DataEndsAt int64    `json:"data_access_expires_at"` // unix seconds, 0 never
	Scopes     []string `json:"scopes"`
	Error      *struct {
		Code    int    `json:"code"`
		Subcode int    `json:"subcode"`
		Message string `json:"message"`
	} `json:"error"`
}

// Ref names a node.
type Ref struct {
	ID   ID     `json:"id"`
	Name string `json:"name"`
}

// Page is a Facebook Page of the seller.
type Page struct {
	ID        ID       `json:"id"`
	Name      string   `json:"name"`
	Token     string   `json:"access_token"`
	Tasks     []string `json:"tasks"`
	Business  *Ref     `json:"business"`
	Instagram *struct {
		ID       ID     `json:"id"`
		Username string `json:"username"`
	} `json:"instagram_business_account"`
}

// Catalog is a product catalog.
type Catalog struct {
	ID       ID     `json:"id"`
	Name     string `json:"name"`
	Vertical string `json:"vertical"`
	Products int64  `json:"product_count"`
}

// ShopCatalog is the catalog of an Instagram account's shop.
type ShopCatalog struct {
	ID   ID     `json:"catalog_id"`
	Name string `json:"catalog_name"`
	Shop string `json:"shop_name"`
}

// InstagramUser is a professional account.
type InstagramUser struct {
	ID       ID     `json:"id"`
	Username string `json:"username"`
	Taggable *bool  `json:"shopping_product_tag_eligibility"`
	Review   *struct {
		Status string `json:"status"`
	} `json:"shopping_review_status"`
}

// Subscription is an app that listens to a Page or an account. Instagram Login
// names it in another field.
type Subscription struct {
	ID     ID       `json:"id"`
	AppID  ID       `json:"app_id"`
	Fields []string `json:"subscribed_fields"`
}

// App is the app's id.
func (s Subscription) App() string { return string(cmp.Or(s.AppID, s.ID)) }

// AppPermission is a permission of the app: live with Advanced Access,
// unapproved with Standard Access.
type AppPermission struct {
	Permission string `json:"permission"`
	Status     string `json:"status"`
}

// AppSubscription is an object whose changes the app is told of.
type AppSubscription struct {
	Object   string `json:"object"`
	Callback string `json:"callback_url"`
	Active   bool   `json:"active"`
}

// Remark is a line of items_batch's validation_status.
type Remark struct {
	Message string `json:"message"`
}

// Validation is what items_batch says about one item at once.
type Validation struct {
	RetailerID string   `json:"retailer_id"`
	Errors     []Remark `json:"errors"`
	Warnings   []Remark `json:"warnings"`
}

// Batch is the answer of items_batch. Handles has no entry when nothing was
// taken in, although the status is 200.
type Batch struct {
	Handles    []string     `json:"handles"`
	Validation []Validation `json:"validation_status"`
}

// LineRemark is an error or warning of a finished batch.
type LineRemark struct {
	Line    int    `json:"line"`
	ID      string `json:"id"`
	Message string `json:"message"`
}

// BatchStatus is how far a batch is. Errors is a sample, ErrorsTotal the truth.
type BatchStatus struct {
	Handle      string       `json:"handle"`
	Status      string       `json:"status"`
	Errors      []LineRemark `json:"errors"`
	ErrorsTotal int          `json:"errors_total_count"`
	Warnings    []LineRemark `json:"warnings"`
	Invalid     []string     `json:"ids_of_invalid_requests"`
}

// Finished says whether the batch is done; every other word means that it runs.
func (s BatchStatus) Finished() bool { return strings.EqualFold(s.Status, "finished") }

// ItemError is a problem of an item.
type ItemError struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Type        string `json:"error_type"`
	Priority    string `json:"error_priority"`
}

// KeyValue is how the Graph API prints a map inside a list.
type KeyValue struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Item is a catalog item as it is read. Price is text for people ("$9.99") and
// never parsed.
type Item struct {
	ID           ID          `json:"id"`
	RetailerID   string      `json:"retailer_id"`
	Name         string      `json:"name"`
	Description  string      `json:"description"`
	Brand        string      `json:"brand"`
	URL          string      `json:"url"`
	Image        string      `json:"image_url"`
	Price        string      `json:"price"`
	Availability string      `json:"availability"`
	Quantity     *int64      `json:"quantity_to_sell_on_facebook"`
	Review       string      `json:"review_status"`
	Reasons      []string    `json:"review_rejection_reasons"`
	Capabilities []KeyValue  `json:"capability_to_review_status"`
	ImageStatus  string      `json:"image_fetch_status"`
	Errors       []ItemError `json:"errors"`
}

// Person is a side of a conversation.
type Person struct {
	ID       ID     `json:"id"`
	Name     string `json:"name"`
	Username string `json:"username"`
}

// Message is a message as the Conversations API shows it. Messages beyond the
// newest 20 of a thread have an id and a time only.
type Message struct {
	ID          string  `json:"id"`
	Created     Time    `json:"created_time"`
	From        *Person `json:"from"`
	Text        string  `json:"message"`
	Sticker     string  `json:"sticker"`
	Unsupported bool    `json:"is_unsupported"`
	Attachments struct {
		Data []struct {
			Mime  string `json:"mime_type"`
			Name  string `json:"name"`
			Image *struct {
				URL string `json:"url"`
			} `json:"image_data"`
			Video *struct {
				URL string `json:"url"`
			} `json:"video_data"`
			File string `json:"file_url"`
		} `json:"data"`
	} `json:"attachments"`
}

// Thread is a conversation.
type Thread struct {
	ID           string `json:"id"`
	Updated      Time   `json:"updated_time"`
	Participants struct {
		Data []Person `json:"data"`
	} `json:"participants"`
	Messages struct {
		Data []Message `json:"data"`
	} `json:"messages"`
}

// Threads is one page of conversations, newest first.
type Threads struct {
	Threads []Thread
	After   string // empty at the end
}

// Sending is the body of a send.
type Sending struct {
	Recipient Recipient `json:"recipient"`
	Type      string    `json:"messaging_type,omitempty"`
	Tag       string    `json:"tag,omitempty"`
	Message   Content   `json:"message"`
}

// Recipient is the person a message goes to.
type Recipient struct {
	ID string `json:"id"`
}

// Content is what is sent.
type Content struct {
	Text     string `json:"text"`
	Metadata string `json:"metadata,omitempty"` // Messenger only
}

// SentMessage is the answer of a send. MessageID is the mid its echo will have.
type SentMessage struct {
	Recipient ID     `json:"recipient_id"`
	MessageID string `json:"message_id"`
}

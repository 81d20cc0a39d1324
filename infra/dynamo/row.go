package dynamo

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/manystall/manystall/shared/fault"
)

// The attributes of a row.
const (
	attrPK, attrSK     = "pk", "sk"
	attrG1PK, attrG1SK = "g1pk", "g1sk"
	attrG2PK, attrG2SK = "g2pk", "g2sk"
	attrEntity         = "t"
	attrSchema         = "sv"
	attrVersion        = "ver" // of the record; projected
	attrQuietVersion   = "lv"  // of records whose index entries do not change with them
	attrData           = "d"   // the record
	attrView           = "v"   // what a list shows; the record itself where d is missing
	attrTTL            = "ttl"
)

const (
	// schema is the version of all rows; a reader refuses a higher one.
	schema = 1
	// packAbove is the size from which a record is deflated.
	packAbove = 4 << 10
	// unpackMax bounds what a record may grow to when read.
	unpackMax = 16 << 20
	// packed is the first byte of a deflated record; JSON never begins so.
	packed = 0x01
	// itemMax is DynamoDB's limit of an item (Service, account, and table
	// quotas in Amazon DynamoDB, 2026-11).
	itemMax = 400 << 10
)

type item = map[string]types.AttributeValue

// row is a record on its way into the table.
type row struct {
	key     key
	entity  string
	version int64 // as it will be stored; 0 has none
	quiet   bool  // keep the version out of the indexes
	record  any   // becomes d
	view    any   // becomes v
	g1, g2  entry
	ttl     time.Time
	extra   item // what conditions and updates need
}

func (r row) versionAttr() string {
	if r.quiet {
		return attrQuietVersion
	}
	return attrVersion
}

// encode makes the item. A record over DynamoDB's 400 KB is a fault of kind
// TooLarge.
func (r row) encode() (item, error) {
	if err := r.key.valid(); err != nil {
		return nil, err
	}
	it := item{attrPK: text(r.key.pk), attrSK: text(r.key.sk), attrEntity: text(r.entity), attrSchema: number(schema)}
	if r.version > 0 {
		it[r.versionAttr()] = number(r.version)
	}
	if !r.ttl.IsZero() {
		it[attrTTL] = number(r.ttl.Unix())
	}
	setEntry(it, attrG1PK, attrG1SK, r.g1)
	setEntry(it, attrG2PK, attrG2SK, r.g2)
	for name, value := range r.extra {
		it[name] = value
	}
	size := 0
	for name, record := range map[string]any{attrData: r.record, attrView: r.view} {
		if record == nil {
			continue
		}
		data, err := pack(record)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "record_invalid", "A %s can't be stored as JSON.", r.entity)
		}
		it[name], size = &types.AttributeValueMemberB{Value: data}, size+len(data)
	}
	if size > itemMax-8<<10 { // keys and small attributes take less than 8 KB
		return nil, fault.New(fault.TooLarge, "record_too_large", "A %s of %d KB is more than the %d KB a record may have.", r.entity, size>>10, itemMax>>10-8)
	}
	return it, nil
}

func setEntry(it item, pk, sk string, e entry) {
	if e != (entry{}) {
		it[pk], it[sk] = text(e.pk), text(e.sk)
	}
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// textOf and numberOf read an attribute; missing or foreign ones are zero.
func textOf(it item, name string) string {
	if s, ok := it[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func numberOf(it item, name string) int64 {
	n, ok := it[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	v, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return 0
	}
	return v
}

func bytesOf(it item, name string) []byte {
	if b, ok := it[name].(*types.AttributeValueMemberB); ok {
		return b.Value
	}
	return nil
}

// pack encodes a record as JSON, deflated when it is large.
func pack(record any) ([]byte, error) {
	plain, err := json.Marshal(record)
	if err != nil || len(plain) <= packAbove {
		return plain, err
	}
	var b bytes.Buffer
	b.WriteByte(packed)
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	return b.Bytes(), err
}

// unpack is the JSON of a packed record.
func unpack(data []byte) ([]byte, error) {
	if len(data) == 0 || data[0] != packed {
		return data, nil
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data[1:])), unpackMax+1))
	if err != nil {
		return nil, fmt.Errorf("inflate record: %w", err)
	}
	if len(plain) > unpackMax {
		return nil, fmt.Errorf("inflate record: more than %d bytes", unpackMax)
	}
	return plain, nil
}

// decode reads the record of an item into a T.
func decode[T any](it item) (T, error) {
	data := bytesOf(it, attrData)
	if data == nil {
		data = bytesOf(it, attrView)
	}
	return decodeAs[T](it, data)
}

// decodeView reads what a list shows of an item.
func decodeView[T any](it item) (T, error) { return decodeAs[T](it, bytesOf(it, attrView)) }

func decodeAs[T any](it item, data []byte) (T, error) {
	var record T
	if sv := numberOf(it, attrSchema); sv > schema {
		return record, fault.New(fault.Internal, "schema_newer", "A %s was stored by a newer release (schema %d, this one reads %d).", textOf(it, attrEntity), sv, schema)
	}
	plain, err := unpack(data)
	if err == nil {
		err = json.Unmarshal(plain, &record)
	}
	if err != nil {
		return record, fault.Wrap(err, fault.Internal, "record_broken", "A stored %s can't be read.", textOf(it, attrEntity))
	}
	return record, nil
}

func decodeAll[T any](items []item) ([]T, error) {
	records := make([]T, 0, len(items))
	for _, it := range items {
		record, err := decode[T](it)
		if err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	return records, nil
}

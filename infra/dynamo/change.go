package dynamo

import (
	"fmt"

	"github.com/aws/aws-lambda-go/events"

	"github.com/manystall/manystall/shared/commerce"
	"github.com/manystall/manystall/shared/fault"
	"github.com/manystall/manystall/shared/port"
)

// DecodeChange reads a record of the table's stream. It answers false for rows
// of entities whose changes are not told. A record that is none of ours, or
// stored by a newer release, is an error; what is known of it is answered too.
func DecodeChange(r events.DynamoDBEventRecord) (port.Changed, bool, error) {
	image := r.Change.NewImage
	if len(image) == 0 {
		image = r.Change.OldImage
	}
	entity := port.Entity(streamText(image, attrEntity))
	switch entity {
	case port.EntityOrder, port.EntityLevel, port.EntityMark, port.EntityOutbound, port.EntityProduct, port.EntityRemote:
	default:
		return port.Changed{}, false, nil
	}
	space, err := streamSpace(image)
	if err != nil {
		return port.Changed{}, false, err
	}
	changed := port.Changed{Entity: entity, Space: space, Ref: refOf(streamText(image, attrPK))}
	if changed.Old, err = streamRecord(r.Change.OldImage); err == nil {
		changed.New, err = streamRecord(r.Change.NewImage)
	}
	if err != nil {
		return port.Changed{Entity: entity, Space: space, Ref: changed.Ref}, false, err
	}
	return changed, true, nil
}

func streamText(image map[string]events.DynamoDBAttributeValue, name string) string {
	if v, ok := image[name]; ok && v.DataType() == events.DataTypeString {
		return v.String()
	}
	return ""
}

func streamSpace(image map[string]events.DynamoDBAttributeValue) (commerce.WorkspaceID, error) {
	pk := streamText(image, attrPK)
	space, ok := spaceOf(pk)
	if !ok {
		return "", fault.New(fault.Permanent, "change_broken", "A change of the table names no workspace.")
	}
	return space, nil
}

// streamRecord is the JSON of the record in an image; nil without an image.
func streamRecord(image map[string]events.DynamoDBAttributeValue) ([]byte, error) {
	if len(image) == 0 {
		return nil, nil
	}
	if v, ok := image[attrSchema]; ok && v.DataType() == events.DataTypeNumber {
		if sv, err := v.Integer(); err != nil || sv > schema {
			return nil, fault.New(fault.Internal, "schema_newer", "A change was stored by a newer release (schema %s).", v.Number())
		}
	}
	v, ok := image[attrData]
	if !ok || v.DataType() != events.DataTypeBinary {
		return nil, fault.New(fault.Permanent, "change_broken", "A change of the table has no record.")
	}
	plain, err := unpack(v.Binary())
	if err != nil {
		return nil, fault.Wrap(fmt.Errorf("change: %w", err), fault.Permanent, "change_broken", "A change of the table can't be read.")
	}
	return plain, nil
}

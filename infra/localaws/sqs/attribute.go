package sqs

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// maxAttributes is how many attributes a message may have (SQS developer
// guide, message metadata, 2025-11).
const maxAttributes = 10

// attribute is a typed value beside the body. BinaryValue is base64 in JSON.
type attribute struct {
	DataType    string
	StringValue *string `json:",omitempty"`
	BinaryValue []byte  `json:",omitempty"`

	StringListValues []string `json:",omitempty"`
	BinaryListValues [][]byte `json:",omitempty"`
}

func (a attribute) binary() bool { return baseType(a.DataType) == "Binary" }

func (a attribute) size(name string) int {
	n := len(name) + len(a.DataType) + len(a.BinaryValue)
	if a.StringValue != nil {
		n += len(*a.StringValue)
	}
	return n
}

// baseType cuts the custom label: Number.int is a Number.
func baseType(dataType string) string {
	base, _, _ := strings.Cut(dataType, ".")
	return base
}

// checkAttributes applies the rules for message attributes.
func checkAttributes(attributes map[string]attribute) error {
	if len(attributes) > maxAttributes {
		return invalidValue("Number of message attributes [%d] exceeds the allowed maximum [%d].", len(attributes), maxAttributes)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if err := checkAttributeName(name); err != nil {
			return err
		}
		if err := checkAttributeValue(name, attributes[name]); err != nil {
			return err
		}
	}
	return nil
}

func checkAttributeName(name string) error {
	if name == "" || len(name) > 256 {
		return invalidValue("The length of message attribute name must be between 1 and 256 characters.")
	}
	lower := strings.ToLower(name)
	if strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon.") {
		return invalidValue("You can't use message attribute names beginning with 'AWS.' or 'Amazon.': %s", name)
	}
	dots := strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, "..")
	if dots || !onlyIDCharacters(strings.ReplaceAll(name, ".", "")) {
		return invalidValue("Message (user) attribute name can only contain upper and lower score alphabets, digits, periods, hyphens and underscores, and no period at an end or beside another: %s", name)
	}
	return nil
}

func checkAttributeValue(name string, a attribute) error {
	if a.DataType == "" {
		return invalidValue("The message attribute '%s' must contain a non-empty message attribute type.", name)
	}
	if len(a.StringListValues) > 0 || len(a.BinaryListValues) > 0 {
		return unsupported("Message attribute list values in SendMessage operation are not supported.")
	}
	switch baseType(a.DataType) {
	case "String":
		return checkText(name, a)
	case "Number":
		if err := checkText(name, a); err != nil {
			return err
		}
		if !isNumber(*a.StringValue) {
			return invalidValue("Can't cast the value of message attribute '%s' to a number.", name)
		}
		return nil
	case "Binary":
		if len(a.BinaryValue) == 0 || a.StringValue != nil {
			return invalidValue("The message attribute '%s' with type 'Binary' must use field 'Binary'.", name)
		}
		return nil
	}
	return invalidValue("The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
}

func checkText(name string, a attribute) error {
	if a.StringValue == nil || *a.StringValue == "" || len(a.BinaryValue) > 0 {
		return invalidValue("The message attribute '%s' with type '%s' must use field 'String'.", name, baseType(a.DataType))
	}
	if bad := firstInvalid(*a.StringValue); bad >= 0 {
		return invalidContents("attribute '"+name+"'", bad)
	}
	return nil
}

func isNumber(text string) bool {
	ok, err := regexp.MatchString(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$`, text)
	return ok && err == nil
}

// firstInvalid returns the first character SQS does not take, or -1 (API
// reference of SendMessage, 2025-11).
func firstInvalid(text string) rune {
	for _, r := range text {
		switch {
		case r == 0x9, r == 0xA, r == 0xD, r >= 0x20 && r <= 0xD7FF, r >= 0xE000 && r <= 0xFFFD, r >= 0x10000:
		default:
			return r
		}
	}
	return -1
}

func invalidContents(where string, bad rune) error {
	return modelFault("InvalidMessageContents",
		"Invalid binary character '#x%X' was found in the message %s, the set of allowed characters is "+
			"#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF", bad, where)
}

func md5Text(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// md5Attributes is the checksum SDKs verify: over the attributes in order of
// their names, each as length and bytes of name and type, a byte for the
// transport (1 text, 2 binary), and length and bytes of the value (developer
// guide, "Calculating the MD5 message digest for message attributes", 2025-11).
func md5Attributes(attributes map[string]attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	h := md5.New()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		hashPart(h, []byte(name))
		hashPart(h, []byte(a.DataType))
		if a.binary() {
			h.Write([]byte{2})
			hashPart(h, a.BinaryValue)
			continue
		}
		h.Write([]byte{1})
		hashPart(h, []byte(*a.StringValue))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func hashPart(h hash.Hash, part []byte) {
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
	h.Write(part)
}

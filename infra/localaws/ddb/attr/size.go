package attr

// Limits of DynamoDB (AWS Developer Guide, "Quotas in Amazon DynamoDB", 2026).
const (
	// MaxItemSize is the largest item in bytes, names included.
	MaxItemSize = 400 * 1024
	// MaxPartitionKey is the largest partition key value in bytes.
	MaxPartitionKey = 2048
	// MaxSortKey is the largest sort key value in bytes.
	MaxSortKey = 1024
	// MaxDepth is how deep lists and maps may be nested.
	MaxDepth = 32
)

// Size is the item's size in bytes, as DynamoDB counts it for limits and for
// capacity units (AWS Developer Guide, "DynamoDB item sizes and formats").
func (it Item) Size() int {
	total := 0
	for name, v := range it {
		total += len(name) + v.Size()
	}
	return total
}

// Size is the value's size in bytes.
func (v Value) Size() int {
	switch v.Kind {
	case S, B:
		return len(v.Text)
	case N:
		return v.Num.size()
	case BOOL, NULL:
		return 1
	case SS, NS, BS:
		return v.elements(0)
	case L:
		return 3 + v.elements(1)
	case M:
		total := 3
		for name, w := range v.Map {
			total += 1 + len(name) + w.Size()
		}
		return total
	}
	return 0
}

func (v Value) elements(overhead int) int {
	total := 0
	for _, w := range v.List {
		total += overhead + w.Size()
	}
	return total
}

// size is one byte, one for each two significant digits, one for a minus.
func (n Number) size() int {
	size := 1 + (len(n.digits)+1)/2
	if n.negative {
		size++
	}
	return size
}

// Depth is how many lists and maps are nested in the value: 0 for a scalar.
func (v Value) Depth() int {
	deepest := 0
	switch v.Kind {
	case L:
		for _, w := range v.List {
			deepest = max(deepest, w.Depth())
		}
	case M:
		for _, w := range v.Map {
			deepest = max(deepest, w.Depth())
		}
	default:
		return 0
	}
	return deepest + 1
}

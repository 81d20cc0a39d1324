package sam

import "testing"

// FuzzRead: whatever the bytes, Read returns a template or an error.
func FuzzRead(f *testing.F) {
	f.Add([]byte(queueWith("Conditions:\n  A: !And [!Condition A, !Equals [1, !Ref X]]\n", "!Sub ['${a}', {a: !GetAtt Q.Arn}]")))
	f.Add([]byte(functionWith("{Type: HttpApi, Properties: {Method: GET, Path: '/{a}/{b+}'}}")))
	f.Add([]byte("!Sub x: !If [a]\n? [k]\n: v\n"))
	f.Add([]byte("Resources: !Ref x\nGlobals: []\nParameters: 7\nOutputs: [a]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		tpl, err := Read("template.yaml", data, Options{Resolver: Local{}})
		if (tpl == nil) == (err == nil) {
			t.Errorf("template %v and error %v", tpl != nil, err)
		}
	})
}

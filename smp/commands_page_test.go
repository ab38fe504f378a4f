package smp

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write COMMANDS.md")

// What the tables of the package do not need to know, by tag. since is the version of the first client that gives or
// understands it; routers read it at every version.
type pageRow struct {
	since   Version
	params  string
	comment string // answers of a command; where a response is sent
}

const subsParams = "≥ 19: i64 count, short(hash); before: none"

var commandRows = map[CommandTag]pageRow{
	CmdNew: {6, "key rcvKey, dhKey; ≥ 9: maybe(short(password)) — 6–8: ['A' short(password)]; 'S' subscribe \\| 'C' create only; " +
		"9–14: bool senderCanSecure; ≥ 15: maybe('M' maybe(*link*) \\| 'C' maybe(short(linkID) *link*)), " +
		"*link* = short(senderID) large(fixed) large(user); ≥ 17: maybe(key ntfKey, dhKey)", "IDS"},
	CmdSub:   {6, "", "SOK (OK before 16), then MSG as an event when there is one"},
	CmdSubs:  {16, subsParams, "SOKS, MSG events, ALLS"},
	CmdKey:   {6, "key senderKey", "OK"},
	CmdRKey:  {15, "list(key)", "OK"},
	CmdLSet:  {15, "short(linkID) large(fixed) large(user)", "OK"},
	CmdLDel:  {15, "", "OK"},
	CmdNKey:  {6, "key notifierKey, dhKey", "NID"},
	CmdNDel:  {6, "", "OK"},
	CmdGet:   {6, "", "MSG, OK when the queue is empty"},
	CmdAck:   {6, "short(msgID)", "OK, or the next MSG"},
	CmdOff:   {6, "", "OK"},
	CmdDel:   {6, "", "OK"},
	CmdQue:   {6, "", "INFO"},
	CmdSKey:  {9, "key senderKey", "OK"},
	CmdSend:  {6, "'T' \\| 'F' notify, later flags up to ' ', ' ', tail body", "OK"},
	CmdPing:  {6, "", "PONG"},
	CmdLKey:  {15, "key senderKey", "LNK"},
	CmdLGet:  {15, "", "LNK"},
	CmdNSub:  {6, "", "SOK (OK before 16)"},
	CmdNSubs: {16, subsParams, "SOKS"},
	CmdPrxy:  {8, "server, maybe(short(password))", "PKEY"},
	CmdPfwd:  {8, "u16 version, dhKey, tail", "PRES"},
	CmdRfwd:  {8, "tail", "RRES"},
}

// commandTests names for each command the tests that show what a router does with it, as package and function; package
// tidy checks that they exist.
var commandTests = map[CommandTag][]string{
	CmdNew:   {"shard.TestQueuesOfEachVersion", "shard.TestFact30NewQueues"},
	CmdSub:   {"shard.TestFact27OnlyTheFirstMessageIsPushedAndOffKeepsIt", "shard.TestFact31SubscriptionSwitch"},
	CmdSubs:  {"shard.TestFact37SubsDeliversWhatWaits", "shard.TestFact38SubsOnPlainSession"},
	CmdKey:   {"shard.TestFact21KeyWithWrongEntityOrSignature", "shard.TestFact22KeySecuresOnce"},
	CmdRKey:  {"shard.TestFact26RKeyReplacesKeys"},
	CmdLSet:  {"shard.TestFact49ContactLink", "shard.TestLinkSetLater"},
	CmdLDel:  {"shard.TestFact47And48MessagingLink", "shard.TestFact49ContactLink"},
	CmdNKey:  {"shard.TestFact42NKeyReplacesTheNotifier"},
	CmdNDel:  {"shard.TestFact43NotifierEvents"},
	CmdGet:   {"shard.TestFact32Get", "shard.TestFact33SubAndGetSideBySide"},
	CmdAck:   {"shard.TestFact19SendDeliverAck"},
	CmdOff:   {"shard.TestFact27OnlyTheFirstMessageIsPushedAndOffKeepsIt"},
	CmdDel:   {"shard.TestFact28DeletedQueueIsGone"},
	CmdQue:   {"shard.TestQueInfo"},
	CmdSKey:  {"shard.TestFact24SKeySecuresOnce", "shard.TestFact25SKeyOnContactQueue"},
	CmdSend:  {"shard.TestFact19SendDeliverAck", "shard.TestFact34Quota"},
	CmdPing:  {"engine.TestFact01To18MalformedCommands"},
	CmdLKey:  {"shard.TestFact47And48MessagingLink"},
	CmdLGet:  {"shard.TestFact49ContactLink"},
	CmdNSub:  {"shard.TestFact42NKeyReplacesTheNotifier", "shard.TestFact43NotifierEvents"},
	CmdNSubs: {"shard.TestFact44NotifierService"},
	CmdPrxy:  {"engine.TestFact50ProxyPassword", "engine.TestFact51SharedRelaySession"},
	CmdPfwd:  {"engine.TestFact52ForwardWithoutSession", "engine.TestFact53ProxiedSend"},
	CmdRfwd:  {"engine.TestFact53ProxiedSend", "engine.TestForwardedCommandErrors"},
}

var responseRows = map[ResponseTag]pageRow{
	RespIDs: {6, "short(recipientID) short(senderID) dhKey; 9–14: bool senderCanSecure; ≥ 15: maybe(mode) maybe(short(linkID)); " +
		"≥ 16: maybe(short(serviceID)); ≥ 17: maybe(short(notifierID) dhKey)", "to NEW"},
	RespLnk:  {15, "short(senderID) large(fixed) large(user)", "to LKEY, LGET"},
	RespSOK:  {16, "maybe(short(serviceID)); before 16 it is OK", "to SUB, NSUB"},
	RespSOKs: {16, "i64 count; ≥ 19: short(hash)", "to SUBS, NSUBS"},
	RespMsg:  {6, "short(msgID) tail", "event; to GET, ACK"},
	RespAlls: {19, "", "event: the last MSG of SUBS is behind"},
	RespNID:  {6, "short(notifierID) dhKey", "to NKEY"},
	RespNMsg: {6, "24-byte nonce, short(metadata)", "event"},
	RespPKey: {8, "short(sessionID) range certKey", "to PRXY"},
	RespRRes: {8, "tail", "to RFWD"},
	RespPRes: {8, "tail", "to PFWD"},
	RespEnd:  {6, "", "event: another connection subscribed"},
	RespEnds: {16, "i64 count; ≥ 19: short(hash)", "event: the same for a service"},
	RespDeld: {10, "before 10 it is END", "event: the queue or notifier is deleted"},
	RespInfo: {6, "JSON", "to QUE"},
	RespOK:   {6, "", "to all others"},
	RespPong: {6, "", "to PING"},
	RespErr:  {6, "error text", "to any; event for blocked queues"},
}

var errorRows = map[errorCode]string{
	errBlock:         "unreadable block or transmission, authenticator of another length; a forwarded content without exactly one transmission",
	errSession:       "version 6: session ID of another session",
	errCmdUnknown:    "no such command",
	errCmdSyntax:     "parameters do not parse, or leave bytes over",
	errCmdProhibited: "role of the service session; GET after SUB or SUB after GET on one connection; sender ID not from the correlation ID; not to be forwarded",
	errCmdNoAuth:     "see the table of commands",
	errCmdHasAuth:    "see the table of commands",
	errCmdNoEntity:   "see the table of commands; clients read CMD NO_QUEUE as the same",
	errAuth:          "no such entity, wrong key, wrong password, queue off or secured by another key: not told apart",
	errService:       "service signature missing, wrong or out of place; SUBS outside of a service session",
	errCrypto:        "a forwarded box does not open",
	errQuota:         "SEND: the queue is full",
	errNoMsg:         "ACK of a message that was not delivered on this connection",
	errLargeMsg:      "SEND: the body is longer than MaxBody",
	errExpired:       "no router sends it",
	errInternal:      "failure of the router",
	errDuplicate:     "no router sends it",
	errBasicAuth:     "PRXY: forwarding is off, or the password is wrong",
	errNoSession:     "PFWD: the session with the relay is gone; repeat PRXY",
	errNetwork:       "relay cannot be reached; clients skip a detail: `CONNECT short`, `TLS short`, `UNKNOWNCA`, `FAILED`, `TIMEOUT`, `SUBSCRIBE short`",
	errTimeout:       "relay does not answer",
	errHost:          "no acceptable host in the relay's address",
	errNoService:     "no router sends it",
	errBlocked:       "`spam` or `content`, then at version 18 and later `,notice=` and `{}` or `{\"ttl\":seconds}`; before version 12 it is AUTH",
	errStore:         "tail: text for people",
	errResponse:      "short: the relay's response does not parse",
	errUnexpected:    "short: the relay's response is of the wrong kind",
	errTransport:     "handshake with the relay failed; texts below",
}

var partyNames = map[Party]string{
	PartyCreator: "creator", PartyRecipient: "recipient", PartyRecipientService: "recipient service", PartySender: "sender",
	PartyIdle: "anyone", PartyLink: "link reader", PartyNotifier: "notifier", PartyNotifierService: "notifier service",
	PartyProxiedClient: "client of a proxy", PartyProxy: "proxy",
}

// credentials tells what CheckCredentials answers, by asking it.
func credentials(tag CommandTag) string {
	var cells []string
	for _, has := range [][2]bool{{true, true}, {true, false}, {false, true}, {false, false}} {
		e := CheckCredentials(tag, has[0], has[1])
		cells = append(cells, strings.TrimPrefix(okText(e), "CMD "))
	}
	return strings.Join(cells, " | ")
}

func okText(e Error) string {
	if e.IsZero() {
		return "✓"
	}
	return e.Error()
}

func commandsPage(t *testing.T) []byte {
	b := new(bytes.Buffer)
	b.WriteString("# SMP commands, responses and errors\n\nGenerated by `go generate` in this directory; a test compares it with the code.\n" +
		"The notation and everything around these is in doc.go.\n\n## Commands\n\n" +
		"\"auth\" and \"entity\" are the authenticator and the entity ID; the columns say what the four combinations give.\n" +
		"A service session must have the role; plain sessions may give any command.\n" +
		"The tests are in the directories ../shard and ../engine.\n\n" +
		"| command | since | party | role | auth, entity | auth alone | entity alone | neither | parameters | answer | test |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	for tag := CmdNew; tag <= CmdRfwd; tag++ {
		row, ok := commandRows[tag]
		if !ok || len(commandTests[tag]) == 0 {
			t.Errorf("no row or no test of %s", tag)
		}
		role := "any"
		if r := tag.ServiceRole(); r != RoleAny {
			role = string(rune(r))
		}
		fmt.Fprintf(b, "| %s | %d | %s | %s | %s | %s | %s | %s |\n", tag, row.since, partyNames[tag.Party()], role,
			credentials(tag), row.params, row.comment, strings.Join(commandTests[tag], ", "))
	}
	b.WriteString("\n## Responses and events\n\n| response | since | entity | parameters | sent |\n|---|---|---|---|---|\n")
	for tag := RespIDs; tag <= RespErr; tag++ {
		row, ok := responseRows[tag]
		if !ok {
			t.Errorf("no row of %s", tag)
		}
		entity := map[entityRule]string{hasEntity: "yes", noEntity: "no", anyEntity: "either"}[responses[tag].entity]
		fmt.Fprintf(b, "| %s | %d | %s | %s | %s |\n", tag, row.since, entity, row.params, row.comment)
	}
	b.WriteString("\n## Errors\n\n`ERR` and the text. An error of the relay reaches the client of a proxy as `PROXY PROTOCOL` and its text.\n\n| text | meaning |\n|---|---|\n")
	for code := errBlock; code <= errTransport; code++ {
		if errorRows[code] == "" {
			t.Errorf("no row of %s", errorTexts[code])
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", errorTexts[code], errorRows[code])
	}
	b.WriteString("\nTransport errors: ")
	for e := TransportBlock; e <= TransportBadService; e++ {
		fmt.Fprintf(b, "`%s`, ", e.Error())
	}
	return append(bytes.TrimRight(b.Bytes(), ", "), ".\n"...)
}

func TestCommandsPage(t *testing.T) {
	page := commandsPage(t)
	if *update {
		if err := os.WriteFile("COMMANDS.md", page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile("COMMANDS.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, page) {
		t.Error("COMMANDS.md is not what the tables give: run go generate")
	}
}

// The page says from which version a response exists; the code must not send it to older clients.
func TestPageVersions(t *testing.T) {
	allVersions(MinVersion, CurrentVersion, func(v Version) {
		for want, b := range map[ResponseTag][]byte{RespSOK: AppendSOK(nil, v, nil), RespDeld: AppendDeld(nil, v)} {
			if tag, _, _ := ParseResponse(v, b); (tag == want) != (v >= responseRows[want].since) {
				t.Errorf("version %d: %s for %s", v, tag, want)
			}
		}
	})
}

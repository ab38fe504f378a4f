package smp

import "bytes"

// CommandTag names a command. The zero value is no command.
type CommandTag uint8

// The commands, in the order of COMMANDS.md.
const (
	CmdNew CommandTag = iota + 1
	CmdSub
	CmdSubs
	CmdKey
	CmdRKey
	CmdLSet
	CmdLDel
	CmdNKey
	CmdNDel
	CmdGet
	CmdAck
	CmdOff
	CmdDel
	CmdQue
	CmdSKey
	CmdSend
	CmdPing
	CmdLKey
	CmdLGet
	CmdNSub
	CmdNSubs
	CmdPrxy
	CmdPfwd
	CmdRfwd
	// CommandTags is the number of tags, that of no command included.
	CommandTags = iota + 1
)

// Party is who gives a command, and so the map in which the router looks its entity ID up.
type Party uint8

const (
	PartyCreator          Party = iota + 1 // no entity
	PartyRecipient                         // recipient ID
	PartyRecipientService                  // service ID
	PartySender                            // sender ID
	PartyIdle                              // no entity
	PartyLink                              // link ID
	PartyNotifier                          // notifier ID
	PartyNotifierService                   // service ID
	PartyProxiedClient                     // PRXY: no entity; PFWD: session ID of the relay
	PartyProxy                             // no entity
)

// ServiceRole is the role of a service session, the byte of the client hello. Zero stands for "any role" in
// CommandTag.ServiceRole.
type ServiceRole byte

const (
	RoleAny       ServiceRole = 0
	RoleMessaging ServiceRole = 'M'
	RoleNotifier  ServiceRole = 'N'
	RoleProxy     ServiceRole = 'P'
)

// credentialRule tells which of authenticator and entity ID a command must and must not have.
type credentialRule uint8

const (
	needBoth        credentialRule = iota // NO_AUTH for either missing
	needAuthOnly                          // NEW: NO_AUTH without, HAS_AUTH with an entity
	needEntity                            // SEND: NO_ENTITY; the authenticator is optional
	needEntityAlone                       // NO_ENTITY without, HAS_AUTH with an authenticator
	needNothing                           // HAS_AUTH for either
)

type commandInfo struct {
	name        string
	party       Party
	role        ServiceRole
	credentials credentialRule
}

var commands = [...]commandInfo{
	CmdNew:   {"NEW", PartyCreator, RoleMessaging, needAuthOnly},
	CmdSub:   {"SUB", PartyRecipient, RoleMessaging, needBoth},
	CmdSubs:  {"SUBS", PartyRecipientService, RoleMessaging, needBoth},
	CmdKey:   {"KEY", PartyRecipient, RoleMessaging, needBoth},
	CmdRKey:  {"RKEY", PartyRecipient, RoleMessaging, needBoth},
	CmdLSet:  {"LSET", PartyRecipient, RoleMessaging, needBoth},
	CmdLDel:  {"LDEL", PartyRecipient, RoleMessaging, needBoth},
	CmdNKey:  {"NKEY", PartyRecipient, RoleMessaging, needBoth},
	CmdNDel:  {"NDEL", PartyRecipient, RoleMessaging, needBoth},
	CmdGet:   {"GET", PartyRecipient, RoleMessaging, needBoth},
	CmdAck:   {"ACK", PartyRecipient, RoleMessaging, needBoth},
	CmdOff:   {"OFF", PartyRecipient, RoleMessaging, needBoth},
	CmdDel:   {"DEL", PartyRecipient, RoleMessaging, needBoth},
	CmdQue:   {"QUE", PartyRecipient, RoleMessaging, needBoth},
	CmdSKey:  {"SKEY", PartySender, RoleMessaging, needBoth},
	CmdSend:  {"SEND", PartySender, RoleMessaging, needEntity},
	CmdPing:  {"PING", PartyIdle, RoleAny, needNothing},
	CmdLKey:  {"LKEY", PartyLink, RoleMessaging, needBoth},
	CmdLGet:  {"LGET", PartyLink, RoleMessaging, needEntityAlone},
	CmdNSub:  {"NSUB", PartyNotifier, RoleNotifier, needBoth},
	CmdNSubs: {"NSUBS", PartyNotifierService, RoleNotifier, needBoth},
	CmdPrxy:  {"PRXY", PartyProxiedClient, RoleMessaging, needNothing},
	CmdPfwd:  {"PFWD", PartyProxiedClient, RoleMessaging, needEntityAlone},
	CmdRfwd:  {"RFWD", PartyProxy, RoleProxy, needNothing},
}

// String is the tag as it stands on the wire, "" for no command.
func (t CommandTag) String() string { return commands[t].name }

// Party is who gives the command.
func (t CommandTag) Party() Party { return commands[t].party }

// ServiceRole is the role that a service session must have for the command; plain sessions may give any command.
func (t CommandTag) ServiceRole() ServiceRole { return commands[t].role }

// parseCommandTag finds the command named b; 0 when there is none. The frequent ones need no search.
func parseCommandTag(b []byte) CommandTag {
	switch string(b) {
	case "SEND":
		return CmdSend
	case "ACK":
		return CmdAck
	case "SUB":
		return CmdSub
	case "NEW":
		return CmdNew
	case "KEY":
		return CmdKey
	case "SKEY":
		return CmdSKey
	case "PING":
		return CmdPing
	}
	for t := CmdNew; t <= CmdRfwd; t++ {
		if commands[t].name == string(b) {
			return t
		}
	}
	return 0
}

// splitTag cuts a command or response into its tag and parameters. A nil params means that no space follows the tag.
func splitTag(b []byte) (tag, params []byte) {
	if i := bytes.IndexByte(b, ' '); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// ParseCommand reads a command and checks the whole of its parameters, which are what follows the tag and a space.
// The error is ErrCmdUnknown or ErrCmdSyntax. params aliases command and is nil for commands without parameters.
func ParseCommand(v Version, command []byte) (tag CommandTag, params []byte, err Error) {
	name, params := splitTag(command)
	if tag = parseCommandTag(name); tag == 0 {
		return 0, nil, ErrCmdUnknown
	}
	if !validParams(tag, v, params) {
		return tag, nil, ErrCmdSyntax
	}
	return tag, params, Error{}
}

func validParams(tag CommandTag, v Version, params []byte) (ok bool) {
	switch tag {
	case CmdSub, CmdLDel, CmdNDel, CmdGet, CmdOff, CmdDel, CmdQue, CmdPing, CmdLGet, CmdNSub:
		return params == nil
	case CmdSubs, CmdNSubs:
		_, ok = ParseSubs(v, params)
		return ok
	}
	if params == nil {
		return false
	}
	switch tag {
	case CmdSend:
		_, ok = ParseSend(params)
	case CmdAck:
		_, ok = ParseAck(params)
	case CmdNew:
		_, ok = ParseNew(v, params)
	case CmdKey, CmdSKey, CmdLKey:
		_, ok = ParseKey(params)
	case CmdRKey:
		_, ok = ParseRKey(params)
	case CmdLSet:
		_, ok = ParseLSet(params)
	case CmdNKey:
		_, ok = ParseNKey(params)
	case CmdPrxy:
		_, ok = ParsePRXY(params)
	case CmdPfwd:
		_, ok = ParsePFWD(params)
	case CmdRfwd:
		ok = true
	}
	return ok
}

// CheckCredentials checks the presence of an authenticator and of an entity ID, as done after parsing and before any
// lookup. The error is zero, ErrCmdNoAuth, ErrCmdHasAuth or ErrCmdNoEntity.
func CheckCredentials(tag CommandTag, hasAuth, hasEntity bool) Error {
	switch commands[tag].credentials {
	case needAuthOnly:
		if !hasAuth {
			return ErrCmdNoAuth
		}
		return errorIf(ErrCmdHasAuth, hasEntity)
	case needEntity:
		return errorIf(ErrCmdNoEntity, !hasEntity)
	case needEntityAlone:
		if !hasEntity {
			return ErrCmdNoEntity
		}
		return errorIf(ErrCmdHasAuth, hasAuth)
	case needNothing:
		return errorIf(ErrCmdHasAuth, hasAuth || hasEntity)
	}
	return errorIf(ErrCmdNoAuth, !hasAuth || !hasEntity)
}

func errorIf(e Error, cond bool) Error {
	if cond {
		return e
	}
	return Error{}
}

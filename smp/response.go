package smp

// ResponseTag names a response or an event. The zero value is none.
type ResponseTag uint8

// The responses, in the order of COMMANDS.md.
const (
	RespIDs ResponseTag = iota + 1
	RespLnk
	RespSOK
	RespSOKs
	RespMsg
	RespAlls
	RespNID
	RespNMsg
	RespPKey
	RespRRes
	RespPRes
	RespEnd
	RespEnds
	RespDeld
	RespInfo
	RespOK
	RespPong
	RespErr
)

// entityRule tells whether a response has an entity ID.
type entityRule uint8

const (
	hasEntity entityRule = iota
	noEntity
	anyEntity
)

type responseInfo struct {
	name   string
	entity entityRule
}

var responses = [...]responseInfo{
	RespIDs:  {"IDS", anyEntity},
	RespLnk:  {"LNK", hasEntity},
	RespSOK:  {"SOK", hasEntity},
	RespSOKs: {"SOKS", hasEntity},
	RespMsg:  {"MSG", hasEntity},
	RespAlls: {"ALLS", noEntity},
	RespNID:  {"NID", hasEntity},
	RespNMsg: {"NMSG", hasEntity},
	RespPKey: {"PKEY", noEntity},
	RespRRes: {"RRES", noEntity},
	RespPRes: {"PRES", hasEntity},
	RespEnd:  {"END", hasEntity},
	RespEnds: {"ENDS", hasEntity},
	RespDeld: {"DELD", hasEntity},
	RespInfo: {"INFO", hasEntity},
	RespOK:   {"OK", hasEntity},
	RespPong: {"PONG", noEntity},
	RespErr:  {"ERR", anyEntity},
}

// String is the tag as it stands on the wire, "" for none.
func (t ResponseTag) String() string { return responses[t].name }

// parseResponseTag finds the response named b; 0 when there is none. The frequent ones need no search.
func parseResponseTag(b []byte) ResponseTag {
	switch string(b) {
	case "MSG":
		return RespMsg
	case "OK":
		return RespOK
	case "ERR":
		return RespErr
	}
	for t := RespIDs; t <= RespErr; t++ {
		if responses[t].name == string(b) {
			return t
		}
	}
	return 0
}

// ParseResponse reads a response and checks the whole of its parameters, which are what follows the tag and a space.
// The error is ErrCmdUnknown or ErrCmdSyntax. params aliases response and is nil for responses without parameters.
// A router before version 16 answers SUB with OK, one before version 10 reports a deleted queue by END.
func ParseResponse(v Version, response []byte) (tag ResponseTag, params []byte, err Error) {
	name, params := splitTag(response)
	if tag = parseResponseTag(name); tag == 0 {
		return 0, nil, ErrCmdUnknown
	}
	if !validResponse(tag, v, params) {
		return tag, nil, ErrCmdSyntax
	}
	return tag, params, Error{}
}

func validResponse(tag ResponseTag, v Version, params []byte) (ok bool) {
	switch tag {
	case RespAlls, RespEnd, RespDeld, RespOK, RespPong:
		return params == nil
	}
	if params == nil {
		return false
	}
	switch tag {
	case RespMsg:
		_, ok = ParseMsg(params)
	case RespErr:
		_, ok = ParseError(params)
	case RespIDs:
		_, ok = ParseIDs(v, params)
	case RespLnk:
		_, ok = ParseLnk(params)
	case RespSOK:
		_, ok = ParseSOK(params)
	case RespSOKs, RespEnds:
		_, ok = ParseSOKs(v, params)
	case RespNID:
		_, ok = ParseNID(params)
	case RespNMsg:
		_, ok = ParseNMsg(params)
	case RespPKey:
		_, ok = ParsePKey(params)
	case RespInfo:
		_, ok = ParseInfo(params)
	case RespRRes, RespPRes:
		ok = true
	}
	return ok
}

// CheckResponseEntity checks the presence of an entity ID as a client does. The error is zero, ErrCmdHasAuth (an
// entity where none belongs) or ErrCmdNoEntity.
func CheckResponseEntity(tag ResponseTag, entity bool) Error {
	switch responses[tag].entity {
	case anyEntity:
		return Error{}
	case noEntity:
		return errorIf(ErrCmdHasAuth, entity)
	}
	return errorIf(ErrCmdNoEntity, !entity)
}

// Responses and events without parameters are their tag.

func AppendOK(b []byte) []byte   { return append(b, "OK"...) }
func AppendPong(b []byte) []byte { return append(b, "PONG"...) }
func AppendEnd(b []byte) []byte  { return append(b, "END"...) }
func AppendAlls(b []byte) []byte { return append(b, "ALLS"...) }

// AppendDeld appends DELD; before version 10 it is END.
func AppendDeld(b []byte, v Version) []byte {
	if v < VersionDeletedEvent {
		return AppendEnd(b)
	}
	return append(b, "DELD"...)
}

// AppendErr appends ERR with the text of e for version v.
func AppendErr(b []byte, v Version, e Error) []byte { return AppendError(append(b, "ERR "...), v, e) }

// AppendSOK appends SOK with the service's ID, nil when the queue belongs to none. Before version 16 it is OK.
func AppendSOK(b []byte, v Version, serviceID []byte) []byte {
	if v < VersionServiceCerts {
		return AppendOK(b)
	}
	return AppendMaybeShort(append(b, "SOK "...), serviceID)
}

// ParseSOK reads the service ID of SOK, nil when there is none.
func ParseSOK(params []byte) (serviceID []byte, ok bool) {
	serviceID, rest, ok := ParseMaybeShort(params)
	return serviceID, ok && len(rest) == 0
}

// AppendSOKs appends SOKS; before version 19 without the hash.
func AppendSOKs(b []byte, v Version, s ServiceSubs) []byte {
	return appendSubsResponse(append(b, "SOKS "...), v, s)
}

// AppendEnds appends ENDS; before version 19 without the hash.
func AppendEnds(b []byte, v Version, s ServiceSubs) []byte {
	return appendSubsResponse(append(b, "ENDS "...), v, s)
}

func appendSubsResponse(b []byte, v Version, s ServiceSubs) []byte {
	b = AppendI64(b, s.Count)
	if v < VersionRcvService {
		return b
	}
	return AppendShort(b, s.Hash)
}

// ParseSOKs reads the parameters of SOKS and ENDS. Before version 19 there is no hash.
func ParseSOKs(v Version, params []byte) (s ServiceSubs, ok bool) {
	rest := params
	if v < VersionRcvService {
		s.Count, rest, ok = ParseI64(rest)
	} else {
		s, rest, ok = parseServiceSubs(rest)
	}
	return s, ok && len(rest) == 0
}

// Msg is a message as it is delivered.
type Msg struct {
	ID   []byte
	Body []byte // DeliveredSize bytes: the box around what AppendMessageBody gives
}

// AppendMsgHeader appends MSG up to its body, which the caller appends.
func AppendMsgHeader(b, msgID []byte) []byte { return AppendShort(append(b, "MSG "...), msgID) }

// AppendMsg appends MSG.
func AppendMsg(b []byte, m Msg) []byte { return append(AppendMsgHeader(b, m.ID), m.Body...) }

// ParseMsg reads the parameters of MSG.
func ParseMsg(params []byte) (m Msg, ok bool) {
	m.ID, m.Body, ok = ParseShort(params)
	return m, ok
}

// AppendRRes appends RRES: the relay's box around what AppendForwardedResponse gives.
func AppendRRes(b, encrypted []byte) []byte { return append(append(b, "RRES "...), encrypted...) }

// AppendPRes appends PRES: the relay's encrypted response to the client.
func AppendPRes(b, encrypted []byte) []byte { return append(append(b, "PRES "...), encrypted...) }

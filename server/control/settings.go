package control

import (
	"switchyard/server/inifile"
	"switchyard/server/reload"
)

// Settings are those of the ini that all servers have.
type Settings struct {
	Port        string // on the loopback interface; empty: none
	Admin, User string // passwords; empty: nobody has that role
}

// ReadSettings reads them.
func ReadSettings(f *inifile.File) Settings {
	return Settings{
		Port:  f.Port("TRANSPORT", "control_port"),
		Admin: f.Text("AUTH", "control_port_admin_password", ""),
		User:  f.Text("AUTH", "control_port_user_password", ""),
	}
}

// Part has a running server take over the passwords of the ini.
func (s *Server) Part() reload.Part {
	return reload.Part{
		Settings: map[string][]string{"AUTH": {"control_port_admin_password", "control_port_user_password"}},
		Read: func(f *inifile.File) (func(), error) {
			next := ReadSettings(f)
			return func() { s.SetPasswords(next) }, nil
		},
	}
}

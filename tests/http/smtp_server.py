"""A small mail server: what it is told, it keeps. STARTTLS and AUTH PLAIN as configured."""

import base64
import socket
import threading


class SmtpServer:
    def __init__(self, context=None, implicit=False, password=None, fail_first=0):
        self.context, self.implicit, self.password, self.fail = context, implicit, password, fail_first
        self.mails, self.tried = [], 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.tried += 1
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            secure = self.implicit
            if self.implicit:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.talk(connection, secure)
        except OSError:
            pass

    def talk(self, connection, secure):
        stream = connection.makefile("rwb")
        mail = {"to": [], "secure": secure, "user": None}

        def say(*lines):
            stream.write(b"".join(line.encode() + b"\r\n" for line in lines))
            stream.flush()
        say("220 test")
        while line := stream.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            verb = verb.upper()
            if verb == "EHLO":
                offers = ["250-test"]
                if self.context and not mail["secure"]:
                    offers.append("250-STARTTLS")
                if self.password:
                    offers.append("250-AUTH PLAIN")
                say(*offers, "250 8BITMIME")
            elif verb == "STARTTLS":
                say("220 go on")
                connection = self.context.wrap_socket(connection, server_side=True)
                stream, mail["secure"] = connection.makefile("rwb"), True
            elif verb == "AUTH":
                if " " not in rest:
                    say("334 ")
                    rest += " " + stream.readline().decode().strip()
                _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
                mail["user"] = user
                say("235 welcome" if password == self.password else "535 no")
            elif verb == "MAIL":
                self.fail -= 1
                say("451 later" if self.fail >= 0 else "250 ok")
                mail["from"] = rest.partition(":")[2].split(" ")[0]
            elif verb == "RCPT":
                mail["to"].append(rest.partition(":")[2])
                say("250 ok")
            elif verb == "DATA":
                say("354 tell me")
                text = b""
                while not text.endswith(b"\r\n.\r\n"):
                    text += stream.readline()
                self.mails.append({**mail, "text": text.decode()})
                say("250 kept")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")

    def stop(self):
        self.socket.close()

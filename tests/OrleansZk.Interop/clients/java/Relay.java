import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** A TCP relay, each connection to the next server, that can be cut: connections end, new ones are refused until it is mended. */
final class Relay implements AutoCloseable {
    private final ServerSocket listener;
    private final String[] targets;
    private final List<Socket> open = new ArrayList<>();
    private int next;
    private boolean broken;

    Relay(String hosts) throws IOException {
        targets = hosts.split(",");
        listener = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        start(this::acceptAll);
    }

    String address() {
        return "127.0.0.1:" + listener.getLocalPort();
    }

    synchronized void refuse() {
        broken = true;
    }

    synchronized void cut() {
        refuse();
        for (Socket socket : open) {
            close(socket);
        }
        open.clear();
    }

    synchronized void mend() {
        broken = false;
    }

    @Override
    public void close() throws IOException {
        listener.close();
        cut();
    }

    private void acceptAll() throws IOException {
        while (true) {
            Socket client = listener.accept();
            synchronized (this) {
                if (broken) {
                    close(client);
                    continue;
                }
                String[] target = targets[next++ % targets.length].split(":");
                Socket server = new Socket(target[0], Integer.parseInt(target[1]));
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                open.add(client);
                open.add(server);
                start(() -> copy(client, server));
                start(() -> copy(server, client));
            }
        }
    }

    private static void copy(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // One end is gone: so is the other, below.
        }
        close(from);
        close(to);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // Nothing else can be done with it.
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void start(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException e) {
                // The relay was closed.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }
}

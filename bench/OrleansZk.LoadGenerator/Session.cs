using System.Net;
using System.Net.Sockets;

namespace OrleansZk.LoadGenerator;

/// <summary>Opens and closes sessions one at a time, with blocking calls; outside of what is measured.</summary>
internal static unsafe class Session
{
    public const int TimeoutMilliseconds = 30_000;

    /// <summary>sockaddr_in of a host and port.</summary>
    public static byte[] Resolve(string host, int port)
    {
        IPAddress address = IPAddress.TryParse(host, out IPAddress? literal)
            ? literal
            : Dns.GetHostAddresses(host, AddressFamily.InterNetwork).FirstOrDefault()
                ?? throw new IOException($"no IPv4 address for {host}");
        SocketAddress socketAddress = new IPEndPoint(address, port).Serialize();
        return socketAddress.Buffer[..socketAddress.Size].ToArray();
    }

    /// <summary>Connects, shakes hands and returns the socket.</summary>
    public static int Open(byte[] address)
    {
        int fd = Libc.OpenSocket(blocking: true);
        try
        {
            Libc.SetNoDelay(fd);
            Libc.SetReceiveTimeout(fd, 10);
            fixed (byte* place = address)
            {
                if (Libc.Connect(fd, place, (uint)address.Length) != 0)
                {
                    throw Libc.Failure("connect");
                }
            }

            using var frames = new FrameBuffer();
            Request.Handshake(frames, TimeoutMilliseconds);
            SendAll(fd, frames);
            byte* answer = stackalloc byte[64];
            int length = ReceiveFrame(fd, answer, 64);
            if (length < 36 || FrameBuffer.ReadInt(answer + 4) <= 0)
            {
                throw new IOException("the server refused the session");
            }

            return fd;
        }
        catch
        {
            _ = Libc.Close(fd);
            throw;
        }
    }

    /// <summary>Closes a session that has no outstanding request; false when the server did not confirm.</summary>
    public static bool Close(int fd)
    {
        try
        {
            using var frames = new FrameBuffer();
            Request.Close(frames, 1);
            SendAll(fd, frames);
            byte* answer = stackalloc byte[64];
            return ReceiveFrame(fd, answer, 64) == 16 && FrameBuffer.ReadInt(answer) == 1 && FrameBuffer.ReadInt(answer + 12) == 0;
        }
        catch (IOException)
        {
            return false;
        }
        finally
        {
            _ = Libc.Close(fd);
        }
    }

    private static void SendAll(int fd, FrameBuffer frames)
    {
        // Small frames into an empty socket buffer always fit.
        if (Libc.Send(fd, frames.Start, (nuint)frames.Length, Libc.NoSignal) != frames.Length)
        {
            throw Libc.Failure("send");
        }
    }

    /// <summary>Reads one frame without its length; returns the length.</summary>
    private static int ReceiveFrame(int fd, byte* buffer, int capacity)
    {
        byte* header = stackalloc byte[4];
        ReceiveAll(fd, header, 4);
        int length = FrameBuffer.ReadInt(header);
        if (length < 0 || length > capacity)
        {
            throw new IOException($"a frame of {length} bytes where a short one was due");
        }

        ReceiveAll(fd, buffer, length);
        return length;
    }

    private static void ReceiveAll(int fd, byte* buffer, int length)
    {
        for (int done = 0; done < length;)
        {
            nint got = Libc.Receive(fd, buffer + done, (nuint)(length - done), 0);
            if (got <= 0)
            {
                throw got == 0 ? new IOException("the server closed the connection") : Libc.Failure("recv");
            }

            done += (int)got;
        }
    }
}

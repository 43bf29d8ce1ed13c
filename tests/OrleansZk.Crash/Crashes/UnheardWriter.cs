using OrleansZk.Crash.Fuzz;
using OrleansZk.Crash.Histories;
using OrleansZk.Protocol.Records;

namespace OrleansZk.Crash.Crashes;

/// <summary>Sends writes and never reads an answer, so that none of them is acknowledged to anybody.</summary>
internal static class UnheardWriter
{
    public static async Task SendAsync(int port, WireSession session, int connection, History history, int count)
    {
        using FuzzSocket socket = await FuzzSocket.ConnectAsync(port, CancellationToken.None);
        await socket.SendAsync(Frames.Handshake(session.Id, session.Password, session.Timeout), CancellationToken.None);
        (await socket.ReadFrameAsync(CancellationToken.None)).ShouldNotBeNull();
        for (int i = 0; i < count; i++)
        {
            Write write = history.Begin(connection, session.Id, value => i % 3 == 0
                ? [.. Layout.Together[0].Select((path, part) => new Part(PartKind.SetData, path, $"{value}.{part}"))]
                : [new Part(PartKind.Create, Layout.Unique(0, value), value)]);
            byte[] frame = write.Parts.Count == 1
                ? Frames.Request(i + 1, OpCode.Create2, new CreateRequest(write.Parts[0].Path, Value(write.Parts[0]), Acl.OpenUnsafe, 0).Write)
                : Frames.Request(i + 1, OpCode.Multi, writer =>
                {
                    foreach (Part part in write.Parts)
                    {
                        new MultiHeader(OpCode.SetData, false, -1).Write(writer);
                        new SetDataRequest(part.Path, Value(part), -1).Write(writer);
                    }

                    MultiHeader.End.Write(writer);
                });
            if (!await socket.SendAsync(frame, CancellationToken.None))
            {
                return;
            }

            if (i % 20 == 0)
            {
                // Several groups in the log, and not all in one.
                await Task.Delay(1);
            }
        }
    }

    private static byte[] Value(Part part) => System.Text.Encoding.UTF8.GetBytes(part.Value);
}

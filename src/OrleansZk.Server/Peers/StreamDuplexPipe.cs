using System.IO.Pipelines;

namespace OrleansZk.Server.Peers;

/// <summary>Reads and writes a stream as pipes; what is written goes to the stream at once, from where it is.</summary>
internal sealed class StreamDuplexPipe(Stream stream) : IDuplexPipe, IAsyncDisposable
{
    // Most messages arrive in one piece, and are not copied then.
    private const int BufferLength = 64 << 10;

    public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: BufferLength, leaveOpen: true));

    public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));

    /// <summary>Nobody may be reading or writing any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await Input.CompleteAsync().ConfigureAwait(false);
        await Output.CompleteAsync().ConfigureAwait(false);
        await stream.DisposeAsync().ConfigureAwait(false);
    }
}

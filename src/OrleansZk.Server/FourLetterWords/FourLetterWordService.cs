using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.Options;
using OrleansZk.Core.Sessions;
using OrleansZk.Server.Admin;
using OrleansZk.Server.Admin.Commands;
using OrleansZk.Server.Admin.Facts;
using OrleansZk.Server.Configuration;

namespace OrleansZk.Server.FourLetterWords;

/// <summary>Answers those that begin with a word of four letters where a client would send the length of its first frame.</summary>
/// <remarks>The two cannot be confused: read as a length, every word is more than a gigabyte.</remarks>
internal sealed partial class FourLetterWordService(
    ServerFacts facts, CommandGate gate, IOptions<ServerOptions> options, ILogger<FourLetterWordService> logger)
{
    // Characters of a long answer that are gathered before they are sent.
    private const int PartLength = 16 << 10;
    private const int WordLength = sizeof(int);
    private const string NotServing = "This ZooKeeper instance is not currently serving requests\n";

    private static readonly Dictionary<int, IFourLetterWord> Words = CommandTable.Words.ToDictionary(
        word => BinaryPrimitives.ReadInt32BigEndian(Encoding.ASCII.GetBytes(word.Word)));

    private readonly HashSet<string> _allowed = Whitelist.Parse(options.Value.FourLetterWords, hasReadOnlyMode: options.Value.Ensemble.Length > 0);

    /// <summary>Waits for a connection's first bytes, and answers them if they are a word.</summary>
    /// <returns>False when they are not: they are left in <paramref name="input"/>. True when the connection is to be closed.</returns>
    public async ValueTask<bool> TryAnswerAsync(PipeReader input, PipeWriter output, ClientConnection connection)
    {
        ReadResult result = await ReadAsync(input, WordLength).ConfigureAwait(false);
        if (result.IsCanceled)
        {
            // The server stops, and the client has not begun yet.
            input.AdvanceTo(result.Buffer.Start);
            return true;
        }

        if (result.Buffer.Length < WordLength || !Words.TryGetValue(ReadWord(result.Buffer), out IFourLetterWord? word))
        {
            // Nothing counts as looked at, so that the frame reader gets it without waiting for more.
            input.AdvanceTo(result.Buffer.Start);
            return false;
        }

        bool isAllowed = _allowed.Contains(word.Word);
        byte[]? argument = null;
        if (isAllowed && word.ArgumentLength > 0)
        {
            int length = WordLength + word.ArgumentLength;
            input.AdvanceTo(result.Buffer.Start);
            result = await ReadAsync(input, length).ConfigureAwait(false);
            if (result.IsCanceled || result.Buffer.Length < length)
            {
                input.AdvanceTo(result.Buffer.End);
                return true;
            }

            argument = result.Buffer.Slice(WordLength, word.ArgumentLength).ToArray();
        }

        // What follows is not for us; some senders add the end of a line.
        input.AdvanceTo(result.Buffer.End);
        connection.CountWord(WordLength + (argument?.Length ?? 0));

        // An answer can be long: it is not composed on the thread that serves the sockets.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        LogWord(word.Word, connection.ClientAddress);
        if (isAllowed && word is LongCommand command && facts.IsServing)
        {
            await AnswerInPartsAsync(command, connection, output).ConfigureAwait(false);
        }
        else
        {
            Encoding.UTF8.GetBytes(isAllowed ? Answer(word, connection, argument) : Refusal(word), output);
        }

        await output.FlushAsync().ConfigureAwait(false);
        connection.CountWordAnswer();
        return true;
    }

    private static string Refusal(IFourLetterWord word) => $"{word.Word} is not executed because it is not in the whitelist.\n";

    /// <summary>Reads until <paramref name="length"/> bytes are there, or no more will come.</summary>
    private static async ValueTask<ReadResult> ReadAsync(PipeReader input, int length)
    {
        while (true)
        {
            ReadResult result = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            if (result.Buffer.Length >= length || result.IsCompleted || result.IsCanceled)
            {
                return result;
            }

            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    private static int ReadWord(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> word = stackalloc byte[WordLength];
        buffer.Slice(0, WordLength).CopyTo(word);
        return BinaryPrimitives.ReadInt32BigEndian(word);
    }

    private string Answer(IFourLetterWord word, ClientConnection connection, byte[]? argument)
    {
        if (word.WordNeedsServing && !facts.IsServing)
        {
            return NotServing;
        }

        var text = new StringBuilder();
        word.WriteText(text, new Question(facts, connection, argument));
        return text.ToString();
    }

    /// <remarks>Whoever does not read the answer is dropped as one that does not shake hands.</remarks>
    private async ValueTask AnswerInPartsAsync(LongCommand command, ClientConnection connection, PipeWriter output)
    {
        using CommandTurn? turn = await gate.EnterAsync().ConfigureAwait(false);
        if (turn is null)
        {
            Encoding.UTF8.GetBytes(CommandGate.Busy + "\n", output);
            return;
        }

        var text = new StringBuilder();
        foreach (Part _ in command.WriteTextInParts(text, new Question(facts, connection)))
        {
            if (text.Length >= PartLength && !await SendAsync(text, output).ConfigureAwait(false))
            {
                return;
            }

            await turn.GiveWayAsync().ConfigureAwait(false);
        }

        await SendAsync(text, output).ConfigureAwait(false);
    }

    /// <returns>False when nobody reads any more.</returns>
    private static async ValueTask<bool> SendAsync(StringBuilder text, PipeWriter output)
    {
        Encoding.UTF8.GetBytes(text.ToString(), output);
        text.Clear();
        FlushResult result = await output.FlushAsync().ConfigureAwait(false);
        return !result.IsCompleted && !result.IsCanceled;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Answering {Word} from {Client}")]
    private partial void LogWord(string word, string client);
}

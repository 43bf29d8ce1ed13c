using System.IO.Pipelines;
using OrleansZk.Core.Sessions;

namespace OrleansZk.Server.FourLetterWords;

internal sealed class FourLetterWordService
{
    private readonly int _words = 1;
    public async ValueTask<bool> TryAnswerAsync(PipeReader input, PipeWriter output, ClientConnection connection)
    {
        await Task.CompletedTask;
        return _words == 0;
    }
}
